//! Delay, hysteresis and priority of limits.

use super::*;
use AlertKind::{Changed, Cleared, Raised};
use Priority::{High, Medium};

const HR: Vital = Vital::HeartRate;

/// Sends a heart rate every second in `seconds`.
fn beat(bed: &mut Bed, seconds: std::ops::Range<i64>, rate: f64) {
    for second in seconds {
        bed.send(T + second * SECOND, &[(HR, rate)]);
    }
}

fn event(
    kind: AlertKind,
    priority: Priority,
    after_s: i64,
    text: &str,
) -> (AlertKind, String, Priority, i64, String) {
    (kind, "limit.heart_rate.high".to_owned(), priority, after_s * SECOND, text.to_owned())
}

#[test]
fn a_value_beyond_its_limit_is_raised_after_the_delay() {
    let mut bed = Bed::new();
    beat(&mut bed, 0..15, 134.0);
    assert_eq!(bed.take(), []);
    beat(&mut bed, 15..16, 134.0);
    assert_eq!(bed.take(), [event(Raised, Medium, 15, "HR 134 > 120")]);
    let alarm = &bed.watch.alarms()[0].occurrence;
    assert_eq!((alarm.onset_ms, alarm.raised_ms), (T, T + 15 * SECOND));
    assert_eq!(alarm.id, format!("p/limit.heart_rate.high/{T}"));
}

#[test]
fn a_short_excursion_is_no_alarm() {
    let mut bed = Bed::new();
    beat(&mut bed, 0..10, 134.0);
    beat(&mut bed, 10..11, 100.0);
    beat(&mut bed, 11..25, 134.0);
    assert_eq!(bed.take(), []);
}

#[test]
fn an_alarm_ends_below_the_hysteresis_only() {
    let mut bed = Bed::new();
    beat(&mut bed, 0..20, 134.0);
    beat(&mut bed, 20..60, 119.0);
    assert_eq!(bed.take().len(), 1, "119 is within the hysteresis of 3");
    beat(&mut bed, 60..80, 117.0);
    assert_eq!(bed.take(), [event(Cleared, Medium, 70, "HR 119 ≤ 120, held until 117")]);
}

#[test]
fn a_low_diastolic_pressure_alarms_only_where_a_ward_sets_a_limit() {
    let values = &[(Vital::Systolic, 110.0), (Vital::Diastolic, 45.0)];
    let mut bed = Bed::new();
    bed.send(T, values);
    assert_eq!(bed.take(), []);
    let mut settings = WatchSettings::default();
    let own = LimitOverride { low: Some(50.0), ..LimitOverride::default() };
    settings.limits.insert(Vital::Diastolic, own);
    let mut bed = Bed::with(settings);
    bed.send(T, values);
    let rules: Vec<_> = bed.take().into_iter().map(|event| event.1).collect();
    assert_eq!(rules, ["limit.diastolic.low"]);
    let mut bed = Bed::new();
    bed.send(T, &[(Vital::Systolic, 170.0), (Vital::Diastolic, 115.0)]);
    let rules: Vec<_> = bed.take().into_iter().map(|event| event.1).collect();
    assert_eq!(rules, ["limit.diastolic.high"]);
}

#[test]
fn the_priority_rises_within_the_occurrence() {
    let mut bed = Bed::new();
    beat(&mut bed, 0..20, 134.0);
    beat(&mut bed, 20..40, 160.0);
    let events = bed.take();
    assert_eq!(
        events,
        [event(Raised, Medium, 15, "HR 134 > 120"), event(Changed, High, 30, "HR 160 > 150")]
    );
    assert_eq!((bed.watch.alarms().len(), bed.watch.alarm_count()), (1, 1));
}
