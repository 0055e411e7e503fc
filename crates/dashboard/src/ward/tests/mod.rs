mod arrival;
mod conditions;
mod contexts;
mod extreme_times;
mod properties;
mod rank;
mod watched;

use std::collections::BTreeMap;

use vitals_core::domain::{
    decode::Decoded,
    reading::{Consciousness, Reading},
    vital::Vital,
};

use super::*;
use crate::wire::{Acvpu, BandName, PartName, PatientState, VitalName};

const DAY_MS: i64 = 86_400_000;

fn ward() -> Ward {
    Ward::new(DAY_MS, MAX_PATIENTS)
}

fn decoded(reading: Reading<'_>) -> Decoded<'_> {
    Decoded::new(reading)
}

fn reading(id: &str, time_ms: i64, values: &[(Vital, f64)]) -> Decoded<'static> {
    let mut decoded = decoded(Reading::new("", time_ms));
    decoded.reading.patient_id = id.to_owned().into();
    for (vital, value) in values {
        decoded.reading.vitals.set(*vital, Some(*value));
    }
    decoded
}

/// A complete set of observations that scores 0.
fn complete(time_ms: i64) -> Decoded<'static> {
    let values = [
        (Vital::HeartRate, 80.0),
        (Vital::Spo2, 98.0),
        (Vital::Systolic, 120.0),
        (Vital::RespiratoryRate, 16.0),
        (Vital::Temperature, 37.0),
    ];
    let mut decoded = reading("p", time_ms, &values);
    decoded.reading.supplemental_oxygen = Some(false);
    decoded.reading.consciousness = Some(Consciousness::A);
    decoded
}

/// The state of the only patient.
fn only(ward: &Ward, now_ms: i64) -> PatientState {
    let [patient] = &ward.states(now_ms, None)[..] else { panic!("not one patient") };
    patient.clone()
}

#[test]
fn every_vital_keeps_its_latest_value_with_its_own_time() {
    let mut ward = ward();
    ward.apply(&reading("p", 2_000, &[(Vital::HeartRate, 72.0)]), 2_000, 2_000);
    ward.apply(&reading("p", 3_000, &[(Vital::Systolic, 120.0)]), 3_000, 3_000);
    // A late reading: an older heart rate, and the first temperature.
    let late = [(Vital::HeartRate, 60.0), (Vital::Temperature, 36.5)];
    ward.apply(&reading("p", 1_000, &late), 4_000, 4_000);
    let patient = only(&ward, 4_000);
    let shown: Vec<_> =
        patient.vitals.iter().map(|(name, known)| (*name, known.value, known.time_ms)).collect();
    assert_eq!(
        shown,
        [
            (VitalName::HeartRate, 72.0, 2_000),
            (VitalName::Systolic, 120.0, 3_000),
            (VitalName::Temperature, 36.5, 1_000),
        ]
    );
    assert_eq!((patient.last_time_ms, patient.readings), (1_000, 3));
}

#[test]
fn a_flag_on_one_vital_does_not_affect_another() {
    let mut ward = ward();
    let mut flagged = reading("p", 1_000, &[(Vital::HeartRate, 5.0), (Vital::Spo2, 98.0)]);
    flagged.flags.low.insert(Vital::HeartRate);
    ward.apply(&flagged, 1_000, 1_000);
    let vitals = only(&ward, 1_000).vitals;
    assert!(vitals[&VitalName::HeartRate].flagged && !vitals[&VitalName::Spo2].flagged);
    let [point] = &ward.trends(None)["p"][..] else { panic!("not one point") };
    assert_eq!((point.heart_rate, point.spo2), (None, Some(98.0)));
}

#[test]
fn a_new_ward_does_not_keep_the_old_bed() {
    let mut ward = ward();
    let place =
        |ward: &mut Ward, time_ms, name: Option<&'static str>, bed: Option<&'static str>| {
            let mut moved = reading("p", time_ms, &[(Vital::Spo2, 97.0)]);
            moved.reading.ward = name.map(Into::into);
            moved.reading.bed = bed.map(Into::into);
            ward.apply(&moved, time_ms, time_ms);
            let patient = only(ward, time_ms);
            (patient.ward, patient.bed)
        };
    let at = |ward: &str, bed: Option<&str>| (Some(ward.to_owned()), bed.map(ToOwned::to_owned));
    assert_eq!(place(&mut ward, 1, Some("A3"), Some("12")), at("A3", Some("12")));
    assert_eq!(place(&mut ward, 2, None, None), at("A3", Some("12")));
    assert_eq!(place(&mut ward, 4, Some("B1"), None), at("B1", None));
    assert_eq!(place(&mut ward, 3, Some("A3"), Some("12")), at("B1", None));
}

#[test]
fn a_complete_set_is_scored_and_an_expired_part_makes_it_incomplete() {
    let mut ward = ward();
    ward.apply(&complete(0), 0, 0);
    let at = |ward: &Ward, now_ms| {
        let state = only(ward, now_ms);
        let missing: Vec<_> =
            state.news2.parts.iter().filter(|part| part.score.is_none()).collect();
        let missing: Vec<PartName> = missing.into_iter().map(|part| part.name).collect();
        (state.news2.total, state.news2.band, missing)
    };
    assert_eq!(at(&ward, CONTINUOUS_MS), (Some(0), Some(BandName::Low), vec![]));
    let monitored = vec![PartName::RespiratoryRate, PartName::Spo2, PartName::Pulse];
    assert_eq!(at(&ward, CONTINUOUS_MS + 1), (None, None, monitored));
    assert_eq!(at(&ward, OBSERVED_MS).2.len(), 3);
    assert_eq!(at(&ward, OBSERVED_MS + 1).2.len(), 7);
    let state = only(&ward, OBSERVED_MS);
    assert_eq!((state.consciousness, state.supplemental_oxygen), (Some(Acvpu::A), Some(false)));
    let state = only(&ward, OBSERVED_MS + 1);
    assert_eq!((state.consciousness, state.supplemental_oxygen), (None, None));
}

#[test]
fn the_oximeters_pulse_replaces_a_heart_rate_that_stays_away() {
    let mut ward = ward();
    ward.apply(&reading("p", 0, &[(Vital::HeartRate, 80.0)]), 0, 0);
    let pulse_at = |ward: &mut Ward, time_ms| {
        ward.apply(&reading("p", time_ms, &[(Vital::Pulse, 140.0)]), time_ms, time_ms);
        let parts = only(ward, time_ms).news2.parts;
        let part = parts.into_iter().find(|part| part.name == PartName::Pulse).unwrap();
        (part.score, part.vital, part.time_ms)
    };
    assert_eq!(pulse_at(&mut ward, 10_000), (Some(0), Some(VitalName::HeartRate), Some(0)));
    assert_eq!(pulse_at(&mut ward, 10_001), (Some(3), Some(VitalName::Pulse), Some(10_001)));
    assert_eq!(only(&ward, 10_001).vitals[&VitalName::Pulse].value, 140.0);
}

#[test]
fn changes_are_returned_once_and_an_expired_value_is_a_change() {
    let mut ward = ward();
    ward.apply(&complete(0), 0, 0);
    ward.apply(&reading("q", 0, &[(Vital::HeartRate, 70.0)]), 0, 0);
    let ids = |changes: Changes| {
        changes.patients.into_iter().map(|patient| patient.patient_id).collect::<Vec<_>>()
    };
    assert_eq!(ids(ward.take_changes(0)), ["p", "q"]);
    assert_eq!(ward.take_changes(1), Changes::default());
    ward.apply(&reading("q", 10, &[(Vital::HeartRate, 71.0)]), 10, 10);
    assert_eq!(ids(ward.take_changes(10)), ["q"]);
    assert_eq!(ward.take_changes(CONTINUOUS_MS), Changes::default());
    assert_eq!(ids(ward.take_changes(CONTINUOUS_MS + 1)), ["p"]);
    assert_eq!(ids(ward.take_changes(CONTINUOUS_MS + 11)), ["q"]);
    assert_eq!(ids(ward.take_changes(OBSERVED_MS + 1)), ["p"]);
    assert_eq!(ward.take_changes(OBSERVED_MS + 2), Changes::default());
}

#[test]
fn a_patient_is_removed_by_arrival_time_not_by_measurement_time() {
    let mut ward = Ward::new(1_000, MAX_PATIENTS);
    ward.apply(&reading("p", -9_000, &[(Vital::HeartRate, 70.0)]), 100, 100);
    ward.apply(&reading("q", 500, &[(Vital::HeartRate, 70.0)]), 500, 500);
    assert_eq!(ward.take_changes(1_100).patients.len(), 2);
    let changes = ward.take_changes(1_101);
    assert!(changes.removed && changes.patients.is_empty());
    assert_eq!(only(&ward, 1_101).patient_id, "q");
    assert!(!ward.take_changes(1_102).removed);
}

#[test]
fn a_source_that_invents_patients_does_not_exhaust_memory() {
    let mut ward = Ward::new(DAY_MS, 3);
    for now_ms in 0..100 {
        ward.apply(&reading("real", now_ms, &[(Vital::HeartRate, 70.0)]), now_ms, now_ms);
        ward.apply(&reading(&format!("x{now_ms}"), now_ms, &[(Vital::Spo2, 97.0)]), now_ms, now_ms);
    }
    let ids: Vec<_> = ward.trends(None).into_keys().collect();
    assert_eq!(ids, ["real", "x98", "x99"]);
    assert!(ward.take_changes(100).removed);
}

#[test]
fn states_and_trends_can_be_limited_to_one_patient() {
    let mut ward = ward();
    for id in ["p", "q"] {
        ward.apply(&reading(id, 1_000, &[(Vital::HeartRate, 70.0)]), 1_000, 1_000);
    }
    let states = ward.states(2_000, Some("q"));
    assert_eq!((states.len(), ward.trends(Some("q"))["q"].len()), (1, 1));
    assert_eq!(newest_arrival_ms(&states), Some(1_000));
    let unknown = ward.states(2_000, Some("r"));
    assert_eq!((unknown.len(), newest_arrival_ms(&unknown)), (0, None));
    assert_eq!(ward.trends(Some("r")), BTreeMap::new());
}
