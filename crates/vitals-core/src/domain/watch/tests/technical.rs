//! Lost signals in context, silence, clocks, repeated values, and conflicts.

use super::*;
use crate::domain::{
    bedside::Claimed, reading::Consciousness, refused::Refused, rejection::Reason,
};
use AlertKind::{Cleared, Raised};
use Priority::{High, Technical};

const DYING: &[(Vital, f64)] = &[(Vital::HeartRate, 20.0), (Vital::Spo2, 82.0)];
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
const PROBE_OFF: &[(Vital, f64)] = &[
    (Vital::HeartRate, 72.0),
    (Vital::Pulse, 0.0),
    (Vital::Spo2, 0.0),
    (Vital::RespiratoryRate, 14.0),
];
const LEADS_OFF: &[(Vital, f64)] =
    &[(Vital::HeartRate, 0.0), (Vital::Pulse, 72.0), (Vital::Spo2, 97.0)];
const NO_BEAT: &[(Vital, f64)] = &[(Vital::HeartRate, 0.0), (Vital::RespiratoryRate, 14.0)];
const SLOW: &[(Vital, f64)] = &[(Vital::HeartRate, 38.0), (Vital::RespiratoryRate, 14.0)];

/// The alarms after 20 s of `before` and 60 s of `values`, one reading a second.
fn alarms(before: &[(Vital, f64)], values: &[(Vital, f64)]) -> Vec<(String, Priority, String)> {
    let mut bed = Bed::new();
    (0..20).for_each(|second| bed.send(T + second * SECOND, before));
    bed.take();
    (20..80).for_each(|second| bed.send(T + second * SECOND, values));
    let raised = bed.take().into_iter().filter(|event| event.0 == Raised);
    raised.map(|(_, rule, priority, _, text)| (rule, priority, text)).collect()
}

#[test]
fn zeros_are_judged_in_context() {
    let one = |rule: &str, priority, text: &str| vec![(rule.to_owned(), priority, text.to_owned())];
    assert_eq!(alarms(WELL, WELL), []);
    assert_eq!(alarms(WELL, PROBE_OFF), one("technical.probe_off", Technical, "SpO₂ probe off"));
    assert_eq!(alarms(WELL, LEADS_OFF), one("technical.leads_off", Technical, "ECG leads off"));
    assert_eq!(
        alarms(WELL, NOTHING),
        one("technical.signals_lost", Technical, "all signals lost, HR 72 before")
    );
    assert_eq!(alarms(SLOW, NO_BEAT)[0], one("asystole", High, "HR 0 after 38: asystole?")[0]);
    assert_eq!(alarms(WELL, NO_BEAT), one("technical.leads_off", Technical, "ECG leads off"));
}

#[test]
fn signals_lost_after_critical_values_are_high_at_once_and_the_alarms_before_go_on() {
    let mut bed = Bed::new();
    (0..30).for_each(|second| bed.send(T + second * SECOND, DYING));
    let before: Vec<_> = bed.take().into_iter().map(|event| event.1).collect();
    assert_eq!(before, ["limit.heart_rate.low", "limit.spo2.low"]);
    bed.send(T + 30 * SECOND, NOTHING);
    let text = "all signals lost, HR 20 before".to_owned();
    assert_eq!(
        bed.take(),
        [(Raised, "technical.signals_lost".to_owned(), High, 30 * SECOND, text)]
    );
    (31..600).for_each(|second| bed.send(T + second * SECOND, NOTHING));
    assert!(bed.take().iter().all(|event| event.0 != Cleared));
    assert_eq!(bed.watch.shown_band(), Some(crate::domain::news2::Band::Medium));
}

#[test]
fn a_saturation_that_falls_as_the_probe_comes_off_is_no_desaturation() {
    let mut bed = Bed::new();
    (0..20).for_each(|second| bed.send(T + second * SECOND, WELL));
    (20..25).for_each(|second| {
        bed.send(T + second * SECOND, &[(Vital::HeartRate, 72.0), (Vital::Spo2, 70.0)]);
    });
    (25..80).for_each(|second| bed.send(T + second * SECOND, PROBE_OFF));
    let rules: Vec<_> = bed.take().into_iter().map(|event| event.1).collect();
    assert_eq!(rules, ["technical.probe_off"]);
}

#[test]
fn a_silent_source_is_found_by_time_alone_and_a_reading_ends_it() {
    let mut bed = Bed::new();
    bed.send(T, WELL);
    bed.advance(T + 89_999);
    assert_eq!(bed.take(), []);
    bed.advance(T + 10 * MINUTE);
    let no_data = "technical.no_data".to_owned();
    let text = "no data for 90 s".to_owned();
    assert_eq!(bed.take(), [(Raised, no_data.clone(), Technical, 90 * SECOND, text)]);
    bed.send(T + 11 * MINUTE, WELL);
    let events = bed.take();
    assert_eq!((events[0].0, &events[0].1, events[0].3), (Cleared, &no_data, 11 * MINUTE));
}

#[test]
fn readings_without_a_vital_are_no_data() {
    let mut bed = Bed::new();
    bed.send(T, &[(Vital::HeartRate, 70.0)]);
    // Null in every channel, once a second; then an observation.
    for second in 1..=100 {
        bed.send(T + second * SECOND, &[]);
    }
    let raised = bed.take();
    assert_eq!(raised.len(), 1, "{raised:?}");
    assert_eq!((raised[0].1.as_str(), raised[0].3), ("technical.no_data", 90 * SECOND));
    let mut observed = reading(T + 101 * SECOND, &[]);
    observed.reading.consciousness = Some(Consciousness::A);
    bed.watch.apply_reading(&observed, T + 101 * SECOND, &mut bed.events);
    assert_eq!(bed.take(), []);
    bed.send(T + 102 * SECOND, &[(Vital::HeartRate, 71.0)]);
    assert_eq!(bed.take()[0].0, AlertKind::Cleared);
    // A mark for a lost signal is data, and has an alarm of its own. So has a refused field.
    for second in 103..=300 {
        bed.send(T + second * SECOND, &[(Vital::HeartRate, 0.0)]);
    }
    assert!(bed.take().iter().all(|(_, rule, ..)| rule == "technical.signals_lost"));
}

#[test]
fn a_source_that_sends_once_a_minute_is_not_silent() {
    let mut bed = Bed::new();
    for minute in 0..20 {
        let jitter = (minute % 3) * 4 * SECOND;
        bed.advance(T + minute * MINUTE + jitter);
        let rate = if minute % 2 == 0 { 70.0 } else { 71.0 };
        bed.send(T + minute * MINUTE + jitter, &[(Vital::HeartRate, rate)]);
    }
    assert!(bed.take().iter().all(|event| event.1 != "technical.no_data"));
}

#[test]
fn a_late_advance_judges_each_deadline_at_its_own_time() {
    let mut bed = Bed::new();
    bed.send(T, &[(Vital::HeartRate, 160.0)]);
    bed.advance(T + 10 * MINUTE);
    let mut often = Bed::new();
    often.send(T, &[(Vital::HeartRate, 160.0)]);
    (0..600).for_each(|second| often.advance(T + second * SECOND));
    often.advance(T + 10 * MINUTE);
    assert_eq!(bed.events, often.events);
    assert!(bed.events.len() >= 3, "raised, escalated, no data: {:?}", bed.events);
}

#[test]
fn a_device_that_repeats_all_of_its_values_is_stuck() {
    let mut bed = Bed::new();
    (0..310).for_each(|second| bed.send(T + second * SECOND, WELL));
    let events = bed.take();
    assert_eq!((events.len(), events[0].1.as_str()), (1, "technical.value_stuck"));
    assert!(events[0].4.contains("mon-1 repeats HR 72"), "{}", events[0].4);
    let mut other = WELL.to_vec();
    other[0].1 = 73.0;
    bed.send(T + 310 * SECOND, &other);
    assert_eq!(bed.take()[0].0, Cleared);
}

#[test]
fn a_wrong_clock_is_found_and_judging_goes_by_arrival() {
    let mut bed = Bed::new();
    for second in 0..100 {
        let at_ms = T + second * SECOND;
        let mut fast = reading(at_ms, &[(Vital::HeartRate, 134.0)]);
        fast.reading.time_ms += 240 * SECOND;
        bed.watch.apply_reading(&fast, at_ms, &mut bed.events);
    }
    let events = bed.take();
    assert_eq!((events[0].1.as_str(), events[0].3), ("limit.heart_rate.high", 15 * SECOND));
    assert_eq!(events[1].1, "technical.device_clock");
    assert_eq!(events[1].4, "clock of mon-1 240 s ahead");
}

#[test]
fn refused_fields_and_conflicts_are_technical() {
    let mut bed = Bed::new();
    for second in 0..30 {
        let at_ms = T + second * SECOND;
        let mut refused = reading(at_ms, WELL);
        refused.refused.push(Refused::new("temperature", Reason::Sentinel, "-999"));
        bed.watch.apply_reading(&refused, at_ms, &mut bed.events);
        bed.watch.note_conflict(Claimed::Bed, "A3 · 12", "q", at_ms, &mut bed.events);
    }
    let rules: Vec<_> = bed.take().into_iter().map(|event| (event.1, event.4)).collect();
    assert_eq!(
        rules,
        [
            ("technical.refused_field".into(), "temperature -999: sentinel".into()),
            ("technical.shared_bed".to_owned(), "q is also in bed A3 · 12".to_owned()),
        ]
    );
    (30..200).for_each(|second| bed.send(T + second * SECOND, WELL));
    let cleared = bed.take().into_iter().filter(|event| event.0 == Cleared).count();
    assert_eq!(cleared, 1, "the bed; a refused field lasts for minutes");
}

#[test]
fn a_doubted_value_that_would_be_critical_is_high_and_no_breath_is_apnoea() {
    let mut bed = Bed::new();
    (0..20).for_each(|second| bed.send(T + second * SECOND, WELL));
    let mut apnoea = reading(T + 20 * SECOND, &[(Vital::HeartRate, 72.0), (Vital::Spo2, 95.0)]);
    apnoea.reading.vitals.set(Vital::RespiratoryRate, Some(0.0));
    apnoea.flags.low.insert(Vital::RespiratoryRate);
    bed.watch.apply_reading(&apnoea, T + 20 * SECOND, &mut bed.events);
    let expected = (Raised, "apnoea".to_owned(), High, 20 * SECOND, "RR 0: apnoea?".to_owned());
    assert_eq!(bed.take(), [expected]);
    let mut low = reading(T + 21 * SECOND, &[(Vital::Spo2, 28.0), (Vital::RespiratoryRate, 14.0)]);
    low.flags.low.insert(Vital::Spo2);
    bed.watch.apply_reading(&low, T + 21 * SECOND, &mut bed.events);
    bed.advance(T + 60 * SECOND);
    let raised: Vec<_> = bed.take().into_iter().filter(|event| event.0 == Raised).collect();
    assert_eq!((raised.len(), raised[0].1.as_str()), (1, "doubted.spo2"));
}
