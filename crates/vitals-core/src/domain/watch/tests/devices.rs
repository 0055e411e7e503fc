//! Several devices that measure one vital: no value hides a worse one.

use super::*;
use crate::domain::bedside::{Purpose, chosen};
use AlertKind::Raised;
use Priority::High;

/// The rules that are raised by a minute of two devices, which send `first` and `second` in turn.
fn raised(vital: Vital, first: f64, second: f64) -> Vec<(String, Priority)> {
    let mut bed = Bed::new();
    for second_of_minute in 0..60 {
        let at_ms = T + second_of_minute * SECOND;
        bed.send_from("mon-1", at_ms, &[(vital, first)]);
        bed.send_from("mon-2", at_ms + 500, &[(vital, second)]);
    }
    let events = bed.take().into_iter().filter(|event| event.1.starts_with("limit"));
    events
        .filter(|event| matches!(event.0, Raised | AlertKind::Changed))
        .map(|event| (event.1, event.2))
        .collect()
}

#[test]
fn a_worse_value_is_not_hidden_by_one_with_the_same_score() {
    // Two values of the same NEWS2 score, of which only one is critical.
    let cases = [
        (Vital::HeartRate, 131.0, 190.0, "limit.heart_rate.high"),
        (Vital::Spo2, 89.0, 70.0, "limit.spo2.low"),
        (Vital::RespiratoryRate, 26.0, 45.0, "limit.respiratory_rate.high"),
        (Vital::RespiratoryRate, 8.0, 5.0, "limit.respiratory_rate.low"),
        (Vital::Systolic, 88.0, 60.0, "limit.systolic.low"),
        // Without a score at all.
        (Vital::MeanPressure, 90.0, 40.0, "limit.mean_pressure.low"),
        (Vital::Temperature, 34.9, 33.0, "limit.temperature.low"),
    ];
    for (vital, mild, severe, rule) in cases {
        for (first, second) in [(mild, severe), (severe, mild)] {
            let raised = raised(vital, first, second);
            let expected = (rule.to_owned(), High);
            assert!(raised.contains(&expected), "{vital:?} {first} {second}: {raised:?}");
        }
    }
}

#[test]
fn values_beyond_both_limits_raise_both_alarms() {
    let rules: Vec<_> = raised(Vital::HeartRate, 35.0, 180.0);
    let expected = ["limit.heart_rate.low", "limit.heart_rate.high"];
    for rule in expected {
        assert!(rules.contains(&(rule.to_owned(), High)), "{rules:?}");
    }
}

#[test]
fn a_doubted_value_of_one_device_does_not_hide_the_other_devices_alarm() {
    let mut bed = Bed::new();
    for second in 0..60 {
        let at_ms = T + second * SECOND;
        bed.send_from("mon-1", at_ms, &[(Vital::Spo2, 84.0)]);
        let mut doubted = reading(at_ms + 500, &[(Vital::Spo2, 1.0)]);
        doubted.reading.device_id = Some("mon-2".into());
        doubted.flags.low.insert(Vital::Spo2);
        bed.watch.apply_reading(&doubted, at_ms + 500, &mut bed.events);
    }
    let events = bed.take();
    assert!(events.iter().any(|event| event.1 == "limit.spo2.low"), "{events:?}");
}

#[test]
fn the_worse_value_is_displayed_and_scored() {
    let shown = |vital: Vital, first: f64, second: f64| {
        let mut bed = Bed::new();
        bed.send_from("mon-1", T, &[(vital, first)]);
        bed.send_from("mon-2", T + 500, &[(vital, second)]);
        chosen(bed.watch.bedside(), vital, Purpose::Score).unwrap().value.value
    };
    for (vital, mild, severe) in [
        (Vital::Spo2, 89.0, 70.0),
        (Vital::HeartRate, 131.0, 190.0),
        (Vital::HeartRate, 80.0, 112.0),
        (Vital::MeanPressure, 90.0, 40.0),
        (Vital::Temperature, 39.2, 41.5),
    ] {
        assert_eq!((shown(vital, mild, severe), shown(vital, severe, mild)), (severe, severe));
    }
}

/// A minute of `count` devices, of which the fourth sends 170 beats/min: the rules that are raised.
fn raised_by(count: i64, bed: &mut Bed) -> Vec<String> {
    for second in 0..60 {
        for device in 0..count {
            let at_ms = T + second * SECOND + device * 20;
            let rate = if device == 3 { 170.0 } else { 80.0 };
            let mut decoded = reading(at_ms, &[(Vital::HeartRate, rate)]);
            decoded.reading.device_id = Some(format!("mon-{device}").into());
            bed.watch.apply_reading(&decoded, at_ms, &mut bed.events);
        }
    }
    bed.take().into_iter().map(|event| event.1).collect()
}

#[test]
fn the_worst_of_many_devices_counts() {
    let rules = raised_by(12, &mut Bed::new());
    assert!(rules.contains(&"limit.heart_rate.high".to_owned()), "{rules:?}");
}

#[test]
fn more_devices_than_are_remembered_stay_bounded_and_are_reported() {
    let mut bed = Bed::new();
    let rules = raised_by(40, &mut bed);
    assert_eq!(bed.watch.bedside().devices.iter().count(), 16);
    assert!(rules.contains(&"technical.several_devices".to_owned()), "{rules:?}");
}

#[test]
fn the_worse_value_of_a_child_is_the_one_further_beyond_the_limits_of_its_age() {
    let baby = PatientContext::parse(br#"{"patient_id":"p","birth_date":"2025-08-20"}"#).unwrap();
    for (vital, mild, severe) in [
        // For an adult, the first of each pair would score higher.
        (Vital::HeartRate, 130.0, 75.0),
        (Vital::RespiratoryRate, 40.0, 18.0),
        (Vital::Systolic, 85.0, 150.0),
        (Vital::Spo2, 89.0, 70.0),
    ] {
        for (first, second) in [(mild, severe), (severe, mild)] {
            let mut bed = Bed::new();
            bed.watch.apply_context(Some(&baby), T, &mut bed.events);
            bed.send_from("mon-1", T, &[(vital, first)]);
            bed.send_from("mon-2", T + 500, &[(vital, second)]);
            let chosen = chosen(bed.watch.bedside(), vital, Purpose::Score).unwrap();
            assert_eq!(
                chosen.value.value.to_bits(),
                severe.to_bits(),
                "{vital:?} {first} {second}"
            );
        }
    }
}
