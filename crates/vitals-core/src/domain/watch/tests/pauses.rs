//! A lost or doubted value pauses the delay of an alarm.

use super::*;
use AlertKind::{Cleared, Raised};

const HR: Vital = Vital::HeartRate;
const FAST: f64 = 134.0;

/// A heart rate every second in `seconds`; `None` is a zero while the pulse goes on.
fn beat(bed: &mut Bed, seconds: std::ops::Range<i64>, rate: Option<f64>) {
    for second in seconds {
        let values = [(HR, rate.unwrap_or(0.0)), (Vital::Pulse, rate.unwrap_or(FAST))];
        bed.send(T + second * SECOND, &values);
    }
}

/// Kinds and seconds of the events of the upper limit.
fn events(bed: &mut Bed) -> Vec<(AlertKind, i64)> {
    let events = bed.take().into_iter().filter(|event| event.1 == "limit.heart_rate.high");
    events.map(|event| (event.0, event.3 / SECOND)).collect()
}

#[test]
fn one_zero_does_not_restart_the_delay() {
    let mut bed = Bed::new();
    beat(&mut bed, 0..10, Some(FAST));
    beat(&mut bed, 10..11, None);
    beat(&mut bed, 11..40, Some(FAST));
    assert_eq!(events(&mut bed), [(Raised, 16)]);
    assert_eq!(bed.watch.alarms()[0].occurrence.onset_ms, T, "the onset is the first reading's");
}

#[test]
fn a_zero_every_few_seconds_does_not_prevent_an_alarm() {
    let mut bed = Bed::new();
    for round in 0..10 {
        beat(&mut bed, round * 6..round * 6 + 5, Some(FAST));
        beat(&mut bed, round * 6 + 5..round * 6 + 6, None);
    }
    assert_eq!(events(&mut bed), [(Raised, 17)]);
}

#[test]
fn one_doubted_value_does_not_restart_the_delay() {
    let mut bed = Bed::new();
    beat(&mut bed, 0..10, Some(FAST));
    let mut doubted = reading(T + 10 * SECOND, &[(HR, 355.0)]);
    doubted.flags.high.insert(HR);
    bed.watch.apply_reading(&doubted, T + 10 * SECOND, &mut bed.events);
    beat(&mut bed, 11..40, Some(FAST));
    assert_eq!(events(&mut bed), [(Raised, 16)]);
}

#[test]
fn time_without_a_value_is_no_part_of_the_delay() {
    let mut bed = Bed::new();
    beat(&mut bed, 0..10, Some(FAST));
    // Less than the ten seconds after which the oximeter's pulse replaces the rate.
    beat(&mut bed, 10..19, None);
    beat(&mut bed, 19..23, Some(FAST));
    assert_eq!(events(&mut bed), []);
    beat(&mut bed, 23..26, Some(FAST));
    assert_eq!(events(&mut bed), [(Raised, 24)]);
}

#[test]
fn a_long_pause_starts_the_delay_again() {
    let saturation = |bed: &mut Bed, seconds: std::ops::Range<i64>, value: f64| {
        for second in seconds {
            bed.send(
                T + second * SECOND,
                &[(HR, 72.0 + (second % 2) as f64), (Vital::Spo2, value)],
            );
        }
    };
    let mut bed = Bed::new();
    saturation(&mut bed, 0..14, 86.0);
    saturation(&mut bed, 14..100, 0.0);
    saturation(&mut bed, 100..115, 86.0);
    let limits =
        |bed: &mut Bed| bed.take().into_iter().filter(|event| event.1 == "limit.spo2.low").count();
    assert_eq!(limits(&mut bed), 0);
    saturation(&mut bed, 115..117, 86.0);
    assert_eq!(limits(&mut bed), 1);
}

#[test]
fn one_zero_does_not_postpone_the_end_of_an_alarm_for_long() {
    let mut bed = Bed::new();
    beat(&mut bed, 0..20, Some(FAST));
    beat(&mut bed, 20..29, Some(80.0));
    beat(&mut bed, 29..30, None);
    beat(&mut bed, 30..50, Some(80.0));
    assert_eq!(events(&mut bed), [(Raised, 15), (Cleared, 31)]);
}
