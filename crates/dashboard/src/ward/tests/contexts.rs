//! Contexts on the ward: transfers, merges, and ids that two places send.

use vitals_core::domain::{patient_context::PatientContext, refused::Refused, rejection::Reason};

use super::*;
use crate::wire::{ConditionKind, ConditionPriority};

const T: i64 = 1_763_812_800_000;

fn context(id: &str) -> PatientContext {
    PatientContext { patient_id: id.to_owned(), ..PatientContext::default() }
}

/// A reading of a device that is set to a place.
fn sent_from(id: &str, ward: &'static str, bed: &'static str, time_ms: i64) -> Decoded<'static> {
    let mut decoded = reading(id, time_ms, &[(Vital::HeartRate, 80.0)]);
    decoded.reading.ward = Some(ward.into());
    decoded.reading.bed = Some(bed.into());
    decoded
}

fn place(ward: &Ward, now_ms: i64) -> (Option<String>, Option<String>) {
    let patient = only(ward, now_ms);
    (patient.ward, patient.bed)
}

fn named(ward: &str, bed: Option<&str>) -> (Option<String>, Option<String>) {
    (Some(ward.to_owned()), bed.map(ToOwned::to_owned))
}

#[test]
fn a_transfer_counts_more_than_the_place_that_a_device_is_set_to() {
    let mut ward = ward();
    ward.apply(&sent_from("p", "A3", "12", T), T, T);
    assert_eq!(place(&ward, T), named("A3", Some("12")));
    let moved = PatientContext { ward: Some("B1".to_owned()), ..context("p") };
    ward.set_context("p", Some(moved.clone()));
    assert_eq!(place(&ward, T), named("B1", None), "the old bed is not in the new ward");
    ward.apply(&sent_from("p", "A3", "12", T + 1_000), T + 1_000, T + 1_000);
    assert_eq!(place(&ward, T + 1_000), named("B1", None));
    ward.apply(&sent_from("p", "B1", "2", T + 2_000), T + 2_000, T + 2_000);
    assert_eq!(place(&ward, T + 2_000), named("B1", Some("2")));
    let bed = PatientContext { bed: Some("7".to_owned()), ..moved };
    ward.set_context("p", Some(bed));
    assert_eq!(place(&ward, T + 2_000), named("B1", Some("7")));
    // The bed that was left is free.
    ward.apply(&sent_from("q", "A3", "12", T + 3_000), T + 3_000, T + 3_000);
    ward.apply(&sent_from("p", "A3", "12", T + 4_000), T + 4_000, T + 4_000);
    let q = &ward.states(T + 4_000, Some("q"))[0];
    assert!(q.conditions.is_empty(), "{:?}", q.conditions);
}

#[test]
fn one_id_from_two_wards_is_shown() {
    let mut ward = ward();
    for (second, (name, bed)) in [("A3", "12"), ("ICU", "5"), ("A3", "12")].into_iter().enumerate()
    {
        let now_ms = T + i64::try_from(second).unwrap() * 1_000;
        ward.apply(&sent_from("p", name, bed, now_ms), now_ms, now_ms);
    }
    let conditions = only(&ward, T + 2_000).conditions;
    let [condition] = &conditions[..] else { panic!("{conditions:?}") };
    assert_eq!(condition.kind, ConditionKind::SeveralDevices);
    assert_eq!(condition.text, "readings with this id also come from ICU · 5");
}

#[test]
fn a_merged_patient_continues_under_the_other_id() {
    let mut ward = ward();
    ward.apply(&reading("unknown-7", T, &[(Vital::Systolic, 85.0)]), T, T);
    let merged = PatientContext { merged_into: Some("p".to_owned()), ..context("unknown-7") };
    ward.set_context("unknown-7", Some(merged));
    assert!(ward.take_changes(T).removed);
    let state = only(&ward, T);
    assert_eq!(state.patient_id, "p");
    assert_eq!(state.vitals[&VitalName::Systolic].value, 85.0);
    // Devices go on with the earlier id for a while.
    let next = reading("unknown-7", T + 1_000, &[(Vital::HeartRate, 135.0)]);
    ward.apply(&next, T + 1_000, T + 1_000);
    let state = only(&ward, T + 1_000);
    assert_eq!((state.patient_id.as_str(), state.vitals.len()), ("p", 2));
}

#[test]
fn a_merge_drops_no_values_if_both_patients_are_on_the_ward() {
    let mut ward = ward();
    ward.apply(&reading("unknown-7", T, &[(Vital::Systolic, 85.0)]), T, T);
    ward.apply(&reading("p", T, &[(Vital::HeartRate, 80.0)]), T, T);
    let merged = PatientContext { merged_into: Some("p".to_owned()), ..context("unknown-7") };
    ward.set_context("unknown-7", Some(merged));
    let next = reading("unknown-7", T + 1_000, &[(Vital::Systolic, 84.0)]);
    ward.apply(&next, T + 1_000, T + 1_000);
    let states = ward.states(T + 1_000, None);
    let shown: Vec<_> = states
        .iter()
        .map(|state| (state.patient_id.as_str(), state.vitals[&VitalName::Systolic].value))
        .collect();
    assert_eq!(shown, [("p", 84.0), ("unknown-7", 85.0)]);
}

#[test]
fn a_refused_value_ends_the_score_of_the_last_good_one_and_not_the_rank() {
    let mut ward = ward();
    let mut good = complete(T);
    good.reading.vitals.set(Vital::HeartRate, Some(135.0));
    ward.apply(&good, T, T);
    assert_eq!(only(&ward, T).news2.total, Some(3));
    let refuse = |reason, value: &str, now_ms| {
        let mut bad = reading("p", now_ms, &[(Vital::Spo2, 98.0)]);
        bad.refused.push(Refused::new("heart_rate", reason, value));
        bad
    };
    // A sentinel says that nothing was measured.
    let now_ms = T + 1_000;
    ward.apply(&refuse(Reason::Sentinel, "-999", now_ms), now_ms, now_ms);
    assert_eq!(only(&ward, now_ms).news2.total, Some(3));
    let now_ms = T + 2_000;
    ward.apply(&refuse(Reason::OutOfRange, "400", now_ms), now_ms, now_ms);
    let state = only(&ward, now_ms);
    assert_eq!(state.news2.total, None, "not as if nothing had happened");
    assert_eq!(state.news2.rank.unwrap().band, BandName::LowMedium);
    assert_eq!(state.conditions[0].text, "heart rate 400: out of range");
    let now_ms = T + 3_000;
    ward.apply(&reading("p", now_ms, &[(Vital::HeartRate, 80.0)]), now_ms, now_ms);
    assert_eq!(only(&ward, now_ms).news2.total, Some(0));
}

#[test]
fn a_pressure_of_zero_after_a_critical_one_is_of_high_priority() {
    for (before, expected) in [(70.0, Some("BP 0 after 70: check the patient")), (120.0, None)] {
        let mut ward = ward();
        ward.apply(&reading("p", T, &[(Vital::Systolic, before)]), T, T);
        let mut zero = reading("p", T + 1_000, &[(Vital::HeartRate, 80.0)]);
        zero.flags.not_measured.insert(Vital::Systolic);
        ward.apply(&zero, T + 1_000, T + 1_000);
        let conditions = only(&ward, T + 1_000).conditions;
        let found = conditions.first().map(|condition| condition.text.as_str());
        assert_eq!(found, expected);
        assert!(conditions.iter().all(|one| one.priority == ConditionPriority::High));
        ward.apply(&reading("p", T + 2_000, &[(Vital::Systolic, 95.0)]), T + 2_000, T + 2_000);
        assert!(only(&ward, T + 2_000).conditions.is_empty());
    }
}
