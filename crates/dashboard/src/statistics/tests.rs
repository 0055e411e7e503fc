use std::collections::HashMap;

use proptest::prelude::*;
use vitals_core::domain::{
    decode::{Decoded, MAX_TIME_MS},
    patient_context::PatientContext,
    reading::{Consciousness, Reading},
    refused::Refused,
    rejection::Reason,
    vital::Vital,
};

use super::{recent::RecentTally, *};
use crate::{
    testing::any_time,
    wire::{BandTime, ScoreBand, Statistics, StatisticsSource, VitalStatistics},
};

const MINUTE: i64 = 60_000;
/// A whole minute.
const START: i64 = 1_763_812_800_000;

/// A reading with every part of NEWS2. A heart rate of 80 scores 0, of 135 scores 3.
fn complete(patient: &str, time_ms: i64, heart_rate: f64) -> Decoded<'_> {
    let mut reading = Reading::new(patient, time_ms);
    for (vital, value) in [
        (Vital::HeartRate, heart_rate),
        (Vital::Spo2, 97.0),
        (Vital::RespiratoryRate, 15.0),
        (Vital::Systolic, 120.0),
        (Vital::Temperature, 37.0),
    ] {
        reading.vitals.set(vital, Some(value));
    }
    reading.supplemental_oxygen = Some(false);
    reading.consciousness = Some(Consciousness::A);
    reading.device_id = Some("mon-1".into());
    reading.sequence = Some(time_ms);
    Decoded::new(reading)
}

fn rate_only(patient: &str, time_ms: i64, heart_rate: f64) -> Decoded<'_> {
    let mut reading = Reading::new(patient, time_ms);
    reading.vitals.set(Vital::HeartRate, Some(heart_rate));
    Decoded::new(reading)
}

fn replay(readings: &[Decoded<'_>], contexts: &HashMap<String, PatientContext>) -> Statistics {
    replay_of_ward(readings, contexts, None)
}

fn replay_of_ward(
    readings: &[Decoded<'_>],
    contexts: &HashMap<String, PatientContext>,
    ward: Option<&str>,
) -> Statistics {
    let (from_ms, to_ms) = (START, START + 60 * MINUTE);
    let mut replay = Replay::new(contexts, ward, to_ms);
    readings.iter().for_each(|reading| replay.add(reading));
    let source = StatisticsSource::Lake;
    let scope = Scope { source, now_ms: to_ms, from_ms, to_ms, ward: ward.map(Into::into) };
    Report { scope, tally: replay.finish(), rejections: Rejections::default() }.into_statistics()
}

fn vital(statistics: &Statistics, name: &str) -> VitalStatistics {
    let named = |one: &&VitalStatistics| serde_json::to_value(one.vital).unwrap() == name;
    statistics.vitals.iter().find(named).unwrap().clone()
}

/// Minutes in each band.
fn minutes(statistics: &Statistics) -> Vec<(ScoreBand, f64)> {
    let minutes = |one: &BandTime| (one.band, one.duration_ms as f64 / MINUTE as f64);
    statistics.bands.iter().map(minutes).collect()
}

#[test]
fn time_in_a_band_is_a_duration_and_no_number_of_readings() {
    // Two minutes at one reading per second with a score of 3 in one part, then five minutes of
    // one reading each with a score of 0. The last score holds for the gap limit.
    let mut readings: Vec<_> =
        (0..120).map(|second| complete("p-1", START + second * 1000, 135.0)).collect();
    readings.extend((2..7).map(|minute| complete("p-1", START + minute * MINUTE, 80.0)));
    let found = replay(&readings, &HashMap::new());
    // The steps that end at 10 s to 120 s, and those up to 6 min + 5 min.
    assert_eq!(minutes(&found), [(ScoreBand::LowMedium, 2.0), (ScoreBand::Low, 9.0)]);
    assert_eq!((found.patients, found.readings), (1, 125));
    assert_eq!(found.monitored_ms, 11 * MINUTE);
    // 125 readings in 60 minutes.
    assert_eq!(found.readings_per_minute, Some(125.0 / 60.0));
    let rate: Vec<_> = found.rate.iter().map(|bucket| bucket.readings).collect();
    assert_eq!((found.bucket_ms, &rate[..8]), (MINUTE, &[60, 60, 1, 1, 1, 1, 1, 0][..]));
}

#[test]
fn a_gap_beyond_the_limit_is_in_no_band() {
    let readings = [complete("p-1", START, 80.0), complete("p-1", START + 30 * MINUTE, 80.0)];
    let found = replay(&readings, &HashMap::new());
    assert_eq!(minutes(&found), [(ScoreBand::Low, 10.0)]);
    // The end of the period ends the last one.
    let found = replay(&[complete("p-1", START + 58 * MINUTE, 80.0)], &HashMap::new());
    assert_eq!(minutes(&found), [(ScoreBand::Low, 2.0)]);
}

#[test]
fn the_patients_are_added_up() {
    let readings = [complete("p-1", START, 80.0), complete("p-2", START, 135.0)];
    let found = replay(&readings, &HashMap::new());
    assert_eq!(minutes(&found), [(ScoreBand::LowMedium, 5.0), (ScoreBand::Low, 5.0)]);
    assert_eq!((found.patients, found.readings), (2, 2));
}

#[test]
fn missing_doubted_and_refused_values_enter_no_distribution() {
    let mut doubted = rate_only("p-1", START + 1000, 8.0);
    doubted.flags.low.insert(Vital::HeartRate);
    let mut refused = rate_only("p-1", START + 2000, 90.0);
    refused.reading.device_id = Some("mon-1".into());
    refused.refused.push(Refused::new("spo2", Reason::OutOfRange, "970"));
    let readings = [rate_only("p-1", START, 60.0), doubted, refused];
    let found = replay(&readings, &HashMap::new());
    let rate = vital(&found, "heart_rate");
    let values = rate.distribution.unwrap();
    assert_eq!((values.count, rate.doubted), (2, 1));
    assert_eq!((values.min, values.median, values.max, values.mean), (60.0, 60.0, 90.0, 75.0));
    assert_eq!((values.first, values.counts.len()), (60.0, 31));
    assert_eq!(vital(&found, "spo2").distribution, None);
    let [one] = &found.refused[..] else { panic!("{:?}", found.refused) };
    assert_eq!((&*one.field, &*one.reason, one.count), ("spo2", "out_of_range", 1));
    assert_eq!((one.device_id.as_deref(), found.refused_total), (Some("mon-1"), 1));
    // A score with one part is a lower bound that reaches no band.
    assert_eq!(minutes(&found), [(ScoreBand::Incomplete, 5.0)]);
}

#[test]
fn completeness_is_a_share_of_the_monitored_time() {
    // A temperature once, valid for twelve hours; an oxygen saturation once, valid for five minutes.
    let mut readings = vec![complete("p-1", START, 80.0)];
    readings.extend((1..16).map(|minute| rate_only("p-1", START + minute * MINUTE, 80.0)));
    let found = replay(&readings, &HashMap::new());
    assert_eq!(found.monitored_ms, 20 * MINUTE);
    for (name, completeness) in
        [("heart_rate", 1.0), ("temperature", 1.0), ("spo2", 0.25), ("diastolic", 0.0)]
    {
        assert_eq!(vital(&found, name).completeness, Some(completeness), "{name}");
    }
    assert_eq!(minutes(&found), [(ScoreBand::Low, 5.0), (ScoreBand::Incomplete, 15.0)]);
}

#[test]
fn a_reading_that_was_sent_again_counts_once() {
    let first = complete("p-1", START, 80.0);
    let mut rest = complete("p-1", START, 80.0);
    rest.reading.vitals = vitals_core::domain::reading::Vitals::default();
    rest.reading.vitals.set(Vital::Diastolic, Some(70.0));
    let found = replay(&[first.clone(), first.clone(), rest, first], &HashMap::new());
    assert_eq!(found.readings, 1);
    for name in ["heart_rate", "diastolic"] {
        assert_eq!(vital(&found, name).distribution.unwrap().count, 1, "{name}");
    }
}

#[test]
fn a_reading_of_a_clock_ahead_that_was_sent_again_counts_once() {
    let sent_ms = START + 20 * MINUTE;
    let of = |time_ms, sent_ms: i64, is_ahead: bool| {
        let mut decoded = complete("p-1", time_ms, 80.0);
        decoded.reading.sequence = Some(sent_ms);
        decoded.device_time_ms = is_ahead.then_some(sent_ms);
        decoded
    };
    // Each is placed at its arrival, the last one at its own time: it is less far ahead by then.
    let readings = [
        of(START, sent_ms, true),
        of(START + MINUTE, sent_ms + MINUTE, true),
        of(START + 2 * MINUTE, sent_ms, true),
        of(sent_ms, sent_ms, false),
    ];
    let found = replay(&readings, &HashMap::new());
    assert_eq!(found.readings, 2);
    assert_eq!(vital(&found, "heart_rate").distribution.unwrap().count, 2);
    assert_eq!(minutes(&found), [(ScoreBand::Low, 6.0)], "the gap limit after the second");
}

#[test]
fn a_ward_has_the_readings_that_name_it_and_those_of_its_patients_that_name_none() {
    let mut named = complete("p-1", START, 80.0);
    named.reading.ward = Some("A".into());
    let mut elsewhere = complete("p-1", START + 1000, 135.0);
    elsewhere.reading.ward = Some("B".into());
    let unnamed = complete("p-2", START, 80.0);
    let unknown = complete("p-3", START, 80.0);
    let ward = Some("A".to_owned());
    let context = PatientContext { ward, ..PatientContext::default() };
    let contexts = HashMap::from([("p-2".to_owned(), context)]);
    let found = replay_of_ward(&[named, elsewhere, unnamed, unknown], &contexts, Some("A"));
    assert_eq!((found.patients, found.readings), (2, 2));
    assert_eq!(minutes(&found), [(ScoreBand::Low, 10.0)]);
}

#[test]
fn a_patient_to_whom_news2_does_not_apply_has_no_band() {
    let context = PatientContext { pregnant: Some(true), ..PatientContext::default() };
    let contexts = HashMap::from([("p-1".to_owned(), context)]);
    let found = replay(&[complete("p-1", START, 135.0)], &contexts);
    assert_eq!(minutes(&found), [(ScoreBand::NotApplicable, 5.0)]);
}

#[test]
fn nothing_has_no_figures() {
    let found = replay(&[], &HashMap::new());
    assert_eq!((found.patients, found.readings, found.monitored_ms), (0, 0, 0));
    assert_eq!(found.readings_per_minute, Some(0.0));
    assert_eq!(vital(&found, "heart_rate").completeness, None);
    assert_eq!(found.rate.len(), 60);
}

fn recent(recent: &Recent, minutes: i64, ward: Option<&str>, now_ms: i64) -> (i64, u64, u64) {
    let RecentTally { from_ms, tally, rejections } = recent.tally(minutes, ward, now_ms);
    (from_ms, tally.readings, rejections.0.total())
}

#[test]
fn the_last_hour_is_counted_by_minute_and_ward() {
    let mut minutes = Recent::new(START + 30_000);
    let mut add = |ward, arrival_ms, now_ms| {
        let reading = complete("p-1", arrival_ms, 80.0);
        minutes.add(("p-1", ward), &reading, (arrival_ms, now_ms));
    };
    // Before the start of the process; then two wards, and a late reading of an earlier minute.
    add(Some("A"), START + 29_000, START + 31_000);
    add(Some("A"), START + 31_000, START + 31_000);
    add(Some("B"), START + 5 * MINUTE, START + 5 * MINUTE);
    add(None, START + MINUTE, START + 6 * MINUTE);
    minutes.reject("not_json", b"{", (START + 5 * MINUTE, START + 5 * MINUTE));

    let now_ms = START + 6 * MINUTE + 1000;
    let all = START + 30_000;
    assert_eq!(recent(&minutes, 60, None, now_ms), (all, 3, 1));
    assert_eq!(recent(&minutes, 60, Some("A"), now_ms), (all, 1, 1));
    assert_eq!(recent(&minutes, 60, Some("C"), now_ms), (all, 0, 1));
    assert_eq!(recent(&minutes, 1, None, now_ms), (START + 5 * MINUTE, 1, 1));

    // An hour later, only the newest is left, and one that comes too late is left out.
    let now_ms = START + 66 * MINUTE;
    minutes.add(("p-1", None), &complete("p-1", now_ms, 80.0), (now_ms, now_ms));
    minutes.add(("p-1", None), &complete("p-1", START, 80.0), (START + MINUTE, now_ms));
    assert_eq!(recent(&minutes, 60, None, now_ms), (START + 6 * MINUTE, 1, 0));
}

#[test]
fn a_clock_that_was_set_back_leaves_no_minutes_of_the_future() {
    let mut minutes = Recent::new(START);
    let later = START + 30 * MINUTE;
    minutes.add(("p-1", None), &complete("p-1", later, 80.0), (later, later));
    let now_ms = START + 10 * MINUTE;
    minutes.add(("p-1", None), &complete("p-1", now_ms, 80.0), (now_ms, now_ms));
    assert_eq!(recent(&minutes, 60, None, later).1, 1);
}

fn time() -> impl Strategy<Value = i64> {
    any_time(START - MINUTE..START + MINUTE)
}

proptest! {
    #[test]
    fn no_time_of_a_message_leaves_the_kept_minutes(
        steps in proptest::collection::vec((time(), time()), 1..20),
    ) {
        let now_ms = START + MINUTE;
        let mut recent = Recent::new(START);
        for (measured_ms, arrival_ms) in &steps {
            let decoded = complete("p", *measured_ms, 80.0);
            recent.add(("p", None), &decoded, (*arrival_ms, now_ms));
            recent.reject("not_json", b"", (*arrival_ms, now_ms));
        }
        let RecentTally { from_ms, tally, rejections } = recent.tally(60, None, now_ms);
        let kept = steps.iter().filter(|(_, arrival_ms)| (START..now_ms + MINUTE).contains(arrival_ms));
        prop_assert_eq!(tally.readings, kept.count() as u64);
        let source = StatisticsSource::Live;
        let scope = Scope { source, now_ms, from_ms, to_ms: now_ms, ward: None };
        let report = Report { scope, tally, rejections }.into_statistics();
        prop_assert!(report.rate.len() <= 2, "{:?}", report.rate);
    }

    /// The lake has times between 1970 and 2262 only.
    #[test]
    fn a_replay_counts_the_time_near_the_readings_only(
        mut times in proptest::collection::vec(0..=MAX_TIME_MS, 1..6),
    ) {
        times.sort_unstable();
        let contexts = HashMap::new();
        let mut replay = Replay::new(&contexts, None, MAX_TIME_MS);
        for time_ms in &times {
            replay.add(&complete("p", *time_ms, 80.0));
        }
        let monitored_ms = replay.finish().monitored_ms;
        prop_assert!(monitored_ms <= (GAP_LIMIT_MS + MINUTE) * i64::try_from(times.len()).unwrap());
    }
}
