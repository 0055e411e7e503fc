//! Shifts and deviations from the patient's own baseline, all of them within the limits.

use super::*;
use AlertKind::{Cleared, Raised};
use Priority::Low;

const HR: Vital = Vital::HeartRate;
const SPO2: Vital = Vital::Spo2;

/// A reading a minute, around `value` by at most 1.
fn minutes(bed: &mut Bed, minutes: std::ops::Range<i64>, vital: Vital, value: f64) {
    for minute in minutes {
        let wobble = [0.0, 1.0, -1.0][usize::try_from(minute % 3).unwrap()];
        bed.send(T + minute * MINUTE, &[(vital, value + wobble)]);
    }
}

/// The events of the anomaly rules: kind, rule, minute, text.
fn anomalies(bed: &mut Bed) -> Vec<(AlertKind, String, i64, String)> {
    let events = bed.take().into_iter();
    let ours = events.filter(|event| event.1.starts_with("shift") || event.1.starts_with("dev"));
    ours.map(|(kind, rule, priority, after_ms, text)| {
        assert_eq!(priority, Low);
        (kind, rule, after_ms / MINUTE, text)
    })
    .collect()
}

#[test]
fn a_sustained_shift_within_the_limits_is_found_with_its_onset() {
    let mut bed = Bed::new();
    minutes(&mut bed, 0..180, HR, 75.0);
    minutes(&mut bed, 180..190, HR, 93.0);
    let events = anomalies(&mut bed);
    let (kind, rule, minute, _) = &events[0];
    assert_eq!((events.len(), *kind, rule.as_str(), *minute), (1, Raised, "shift.heart_rate", 184));
    assert!(events[0].3.contains("above this patient's 6-hour median of 75, shifted for 4 min"));
    minutes(&mut bed, 190..240, HR, 75.0);
    let events = anomalies(&mut bed);
    assert_eq!((events[0].0, events[0].1.as_str()), (Cleared, "shift.heart_rate"));
}

#[test]
fn a_value_far_from_the_baseline_deviates() {
    let mut bed = Bed::new();
    minutes(&mut bed, 0..180, HR, 75.0);
    minutes(&mut bed, 180..190, HR, 102.0);
    let rules: Vec<_> = anomalies(&mut bed).into_iter().map(|event| event.1).collect();
    assert_eq!(rules, ["shift.heart_rate", "deviation.heart_rate"]);
}

#[test]
fn a_patient_without_a_baseline_has_no_anomalies() {
    let mut bed = Bed::new();
    minutes(&mut bed, 0..40, HR, 75.0);
    minutes(&mut bed, 40..60, HR, 102.0);
    assert_eq!(anomalies(&mut bed), []);
}

#[test]
fn a_saturation_that_falls_is_an_anomaly_and_one_that_rises_is_none() {
    let mut bed = Bed::new();
    minutes(&mut bed, 0..180, SPO2, 97.0);
    minutes(&mut bed, 180..210, SPO2, 93.0);
    let events = anomalies(&mut bed);
    assert_eq!((events[0].0, events[0].1.as_str()), (Raised, "shift.spo2"));
    let mut bed = Bed::new();
    minutes(&mut bed, 0..180, SPO2, 92.0);
    minutes(&mut bed, 180..210, SPO2, 97.0);
    assert_eq!(anomalies(&mut bed), []);
}
