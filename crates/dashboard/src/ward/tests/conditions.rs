//! Lost signals judged in context, and conflicting sources.

use vitals_core::domain::{refused::Refused, rejection::Reason};

use super::*;
use crate::wire::{ConditionKind, ConditionPriority, RankBasis};

const T: i64 = 1_763_812_800_000;

/// A reading of `device` in which zero means "not measured" for the vitals that say so.
fn zeros(device: &str, time_ms: i64, values: &[(Vital, f64)]) -> Decoded<'static> {
    let mut decoded = reading("p", time_ms, values);
    decoded.reading.device_id = Some(device.to_owned().into());
    for (vital, value) in values {
        if *value == 0.0 && vital.zero_is_missing() {
            decoded.reading.vitals.set(*vital, None);
            decoded.flags.not_measured.insert(*vital);
        }
    }
    decoded
}

/// The conditions after readings of one monitor, one per second.
fn after(readings: &[&[(Vital, f64)]]) -> Vec<(ConditionKind, ConditionPriority, String)> {
    let mut ward = ward();
    let mut now_ms = T;
    for values in readings {
        now_ms += 1_000;
        ward.apply(&zeros("mon-1", now_ms, values), now_ms, now_ms);
    }
    seen(&ward, now_ms)
}

fn seen(ward: &Ward, now_ms: i64) -> Vec<(ConditionKind, ConditionPriority, String)> {
    let [patient, ..] = &ward.states(now_ms, Some("p"))[..] else { panic!("no patient") };
    let conditions = patient.conditions.iter();
    conditions.map(|one| (one.kind, one.priority, one.text.clone())).collect()
}

const DYING: &[(Vital, f64)] = &[
    (Vital::HeartRate, 20.0),
    (Vital::Pulse, 20.0),
    (Vital::Spo2, 82.0),
    (Vital::RespiratoryRate, 12.0),
];
const WELL: &[(Vital, f64)] = &[
    (Vital::HeartRate, 72.0),
    (Vital::Pulse, 72.0),
    (Vital::Spo2, 97.0),
    (Vital::RespiratoryRate, 14.0),
];
const NOTHING: &[(Vital, f64)] = &[
    (Vital::HeartRate, 0.0),
    (Vital::Pulse, 0.0),
    (Vital::Spo2, 0.0),
    (Vital::RespiratoryRate, 0.0),
];

#[test]
fn all_signals_lost_after_critical_values_is_of_high_priority() {
    let lost = "all signals lost, HR 20 before".to_owned();
    let expected = [(ConditionKind::SignalsLost, ConditionPriority::High, lost)];
    assert_eq!(after(&[DYING, NOTHING]), expected);
    assert_eq!(after(&[DYING, NOTHING, NOTHING, NOTHING]), expected);
    assert_eq!(after(&[DYING, &NOTHING[..3]]), expected);
}

#[test]
fn a_patient_without_signals_keeps_the_first_rank() {
    let mut ward = ward();
    ward.apply(&zeros("mon-1", T, DYING), T, T);
    ward.apply(&zeros("mon-1", T + 1_000, NOTHING), T + 1_000, T + 1_000);
    for now_ms in [T + 1_000, T + CONTINUOUS_MS * 2] {
        let state = only(&ward, now_ms);
        let rank = state.news2.rank.unwrap();
        assert_eq!((rank.band, rank.basis), (BandName::High, RankBasis::Condition));
        assert_eq!(state.conditions.len(), 1);
        assert_eq!(state.vitals[&VitalName::RespiratoryRate].value, 12.0, "0 is no breath rate");
    }
}

#[test]
fn all_signals_lost_after_normal_values_is_technical_and_ends_with_a_value() {
    let lost = "all signals lost, HR 72 before".to_owned();
    let expected = [(ConditionKind::SignalsLost, ConditionPriority::Technical, lost)];
    assert_eq!(after(&[WELL, NOTHING]), expected);
    assert_eq!(after(&[WELL, NOTHING, WELL]), []);
    assert_eq!(after(&[NOTHING])[0].2, "all signals lost");
    assert_eq!(after(&[WELL]), []);
}

#[test]
fn signals_in_separate_messages_are_not_lost_together() {
    let heart: &[(Vital, f64)] = &[(Vital::HeartRate, 0.0)];
    assert_eq!(after(&[WELL, heart])[0].0, ConditionKind::LeadsOff);
    assert_eq!(after(&[WELL, heart, &[(Vital::Pulse, 0.0)]])[0].0, ConditionKind::LeadsOff);
}

#[test]
fn a_zero_beside_other_signals_is_judged_by_them() {
    let probe: &[(Vital, f64)] =
        &[(Vital::HeartRate, 72.0), (Vital::Pulse, 0.0), (Vital::Spo2, 0.0)];
    assert_eq!(after(&[WELL, probe]).len(), 1);
    assert_eq!(after(&[WELL, probe])[0].0, ConditionKind::ProbeOff);
    let leads: &[(Vital, f64)] = &[(Vital::HeartRate, 0.0), (Vital::Pulse, 71.0)];
    assert_eq!(after(&[WELL, leads])[0].0, ConditionKind::LeadsOff);
    let arrest: &[(Vital, f64)] =
        &[(Vital::HeartRate, 0.0), (Vital::Pulse, 0.0), (Vital::RespiratoryRate, 10.0)];
    let (kind, priority, text) = &after(&[DYING, arrest])[0];
    assert_eq!((*kind, *priority), (ConditionKind::Asystole, ConditionPriority::High));
    assert_eq!(text, "HR 0 after 20: asystole?");
}

#[test]
fn two_devices_are_both_shown_and_the_worse_value_counts() {
    let mut ward = ward();
    for beat in 0..10 {
        for (device, rate) in [("mon-1", 80.0), ("mon-2", 128.0)] {
            let now_ms = T + beat * 500;
            ward.apply(&zeros(device, now_ms, &[(Vital::HeartRate, rate)]), now_ms, now_ms);
            if beat > 0 {
                let shown = only(&ward, now_ms).vitals[&VitalName::HeartRate].clone();
                assert_eq!((shown.value, shown.device_id.as_deref()), (128.0, Some("mon-2")));
            }
        }
    }
    let both = "2 devices: HR 80 (mon-1), 128 (mon-2)".to_owned();
    let expected = (ConditionKind::SeveralDevices, ConditionPriority::Technical, both);
    assert_eq!(seen(&ward, T + 5_000), [expected]);
    // One of them is removed.
    let later_ms = T + 60_000;
    ward.apply(&zeros("mon-1", later_ms, &[(Vital::HeartRate, 81.0)]), later_ms, later_ms);
    assert_eq!(only(&ward, later_ms).vitals[&VitalName::HeartRate].value, 81.0);
    assert_eq!(seen(&ward, later_ms), []);
}

#[test]
fn a_device_or_a_bed_of_two_patients_is_shown_on_both() {
    let mut ward = ward();
    let send = |ward: &mut Ward, id: &str, device: &'static str, bed: &'static str, now_ms| {
        let mut decoded = reading(id, now_ms, &[(Vital::HeartRate, 70.0)]);
        decoded.reading.device_id = Some(device.into());
        decoded.reading.ward = Some("ICU".into());
        decoded.reading.bed = Some(bed.into());
        ward.apply(&decoded, now_ms, now_ms);
    };
    send(&mut ward, "p", "mon-1", "4", T);
    send(&mut ward, "q", "mon-1", "5", T + 1_000);
    send(&mut ward, "r", "mon-2", "4", T + 2_000);
    let texts: Vec<_> = seen(&ward, T + 2_000).into_iter().map(|(_, _, text)| text).collect();
    assert_eq!(texts, ["device mon-1 also sends for q", "r is also in bed ICU · 4"]);
    let [_, q, r] = &ward.states(T + 2_000, None)[..] else { panic!("not three patients") };
    assert_eq!((q.conditions.len(), r.conditions.len()), (1, 1));
    // The others leave: a minute later the conflict is over.
    send(&mut ward, "p", "mon-1", "4", T + 70_000);
    assert_eq!(seen(&ward, T + 70_000), []);
}

#[test]
fn a_doubted_value_is_shown_and_neither_it_nor_the_last_good_one_is_scored() {
    let mut ward = ward();
    ward.apply(&zeros("mon-1", T, &[(Vital::Spo2, 90.0)]), T, T);
    let mut doubted = zeros("mon-1", T + 1_000, &[(Vital::Spo2, 0.97)]);
    doubted.flags.low.insert(Vital::Spo2);
    ward.apply(&doubted, T + 1_000, T + 1_000);
    let state = only(&ward, T + 1_000);
    let shown = &state.vitals[&VitalName::Spo2];
    assert_eq!((shown.value, shown.flagged), (0.97, true));
    assert_eq!((state.news2.partial, state.news2.rank.unwrap().band), (0, BandName::LowMedium));
    assert!(state.conditions.is_empty(), "perhaps a fraction, so not critical");
}

/// A reading of one monitor with an implausibly low value.
fn implausible(time_ms: i64, vital: Vital, value: f64) -> Decoded<'static> {
    let mut decoded = zeros("mon-1", time_ms, &[(vital, value)]);
    decoded.flags.low.insert(vital);
    decoded
}

#[test]
fn a_doubted_value_that_would_be_critical_is_of_high_priority() {
    let cases = [
        (Vital::Spo2, 28.0, "SpO₂ 28: check the patient"),
        (Vital::HeartRate, 8.0, "HR 8: check the patient"),
        (Vital::RespiratoryRate, 0.0, "RR 0: check the patient"),
        (Vital::Systolic, 19.0, "BP 19: check the patient"),
    ];
    for (vital, value, text) in cases {
        for before in [None, Some(WELL)] {
            let mut ward = ward();
            if let Some(values) = before {
                ward.apply(&zeros("mon-1", T, values), T, T);
            }
            let now_ms = T + 1_000;
            ward.apply(&implausible(now_ms, vital, value), now_ms, now_ms);
            let expected =
                (ConditionKind::CriticalIfTrue, ConditionPriority::High, text.to_owned());
            assert_eq!(seen(&ward, now_ms), [expected]);
            assert_eq!(only(&ward, now_ms).news2.total, None, "{text}");
            // The next good value ends it.
            let good = [(vital, 110.0_f64.min(if vital == Vital::Spo2 { 97.0 } else { 90.0 }))];
            ward.apply(&zeros("mon-1", T + 2_000, &good), T + 2_000, T + 2_000);
            assert_eq!(seen(&ward, T + 2_000), []);
        }
    }
}

#[test]
fn a_pulse_beside_a_doubted_heart_rate_is_scored() {
    let mut ward = ward();
    let mut doubted = zeros("mon-1", T, &[(Vital::HeartRate, 8.0), (Vital::Pulse, 75.0)]);
    doubted.flags.low.insert(Vital::HeartRate);
    ward.apply(&doubted, T, T);
    assert_eq!(seen(&ward, T), []);
}

#[test]
fn a_refused_field_is_technical_until_it_is_measured() {
    let mut ward = ward();
    let mut bad = reading("p", T, &[(Vital::HeartRate, 134.0), (Vital::Spo2, 79.0)]);
    bad.refused.push(Refused::new("temperature", Reason::Sentinel, "-999"));
    bad.refused.push(Refused::new("heartRate", Reason::MisspeltField, "72"));
    ward.apply(&bad, T, T);
    let refused =
        |text: &str| (ConditionKind::RefusedField, ConditionPriority::Technical, text.to_owned());
    let misspelt = refused("heartRate 72: misspelt field");
    assert_eq!(seen(&ward, T), [misspelt.clone(), refused("temperature -999: sentinel")]);
    ward.apply(&reading("p", T + 1_000, &[(Vital::Temperature, 36.8)]), T + 1_000, T + 1_000);
    assert_eq!(seen(&ward, T + 1_000), [misspelt]);
    let later = T + 400_000;
    ward.apply(&reading("p", later, &[(Vital::HeartRate, 80.0)]), later, later);
    assert_eq!(seen(&ward, later), []);
}
