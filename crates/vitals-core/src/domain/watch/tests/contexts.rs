//! A new context is judged at its arrival, whenever time gets there.

use super::*;
use crate::domain::patient_context::VitalLimits;

const HR: Vital = Vital::HeartRate;

/// The events of a patient with 110 beats/min, whose limit is lowered to `high` by a context that
/// arrives at 10.4 s; `ticks` are the times of `advance` before it is applied, ms.
fn events(ticks: &[i64], high: f64) -> Vec<AlertEvent> {
    let mut bed = Bed::new();
    for second in 0..=10 {
        bed.send(T + second * SECOND, &[(HR, 110.0)]);
    }
    for tick_ms in ticks {
        bed.advance(T + tick_ms);
    }
    let limits = [(HR, VitalLimits { low: Some(50.0), high: Some(high) })].into();
    let context = PatientContext { limits, ..Default::default() };
    bed.watch.apply_context(Some(&context), T + 10_400, &mut bed.events);
    for second in 11..60 {
        bed.send(T + second * SECOND, &[(HR, 110.0)]);
    }
    bed.events
}

#[test]
fn the_onset_is_the_arrival_of_the_context_whatever_the_ticks() {
    let expected = events(&[], 100.0);
    assert_eq!(expected.len(), 1, "{expected:#?}");
    assert_eq!((expected[0].onset_ms, expected[0].at_ms), (T + 10_400, T + 25_400));
    for ticks in [&[10_100][..], &[10_900], &[10_100, 10_300, 10_500, 10_950]] {
        assert_eq!(events(ticks, 100.0), expected, "{ticks:?}");
    }
    assert_eq!(events(&[10_900], 115.0), []);
}

#[test]
fn a_silent_patients_context_is_judged_by_time_alone() {
    let mut bed = Bed::new();
    (0..30).for_each(|second| bed.send(T + second * SECOND, &[(HR, 130.0)]));
    bed.take();
    let limits = [(HR, VitalLimits { low: None, high: Some(140.0) })].into();
    let context = PatientContext { limits, ..Default::default() };
    bed.watch.apply_context(Some(&context), T + 40 * SECOND, &mut bed.events);
    bed.advance(T + 60 * SECOND);
    let events: Vec<_> = bed.take().into_iter().map(|event| (event.0, event.3)).collect();
    assert_eq!(events, [(AlertKind::Cleared, 50 * SECOND)]);
}
