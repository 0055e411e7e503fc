//! The alarms and the band of the watch.

use serde_json::json;

use super::*;
use crate::wire::{AlarmPriority, RankBasis};

fn watched(band: &str, last_arrival_ms: i64) -> Watched {
    let value = json!({
        "score": { "shown_band": band, "rank": { "band": "high", "as_of_ms": null } },
        "last_arrival_ms": last_arrival_ms,
        "at_ms": last_arrival_ms,
        "alarms": [{
            "id": "p/limit.spo2.low/5", "rule": "limit.spo2.low", "priority": "medium",
            "onset_ms": 5, "raised_ms": 9, "text": "SpO2 88 < 90",
            "acknowledged": { "by": "Nurse N", "at_ms": 10 },
            "silenced": { "rule": "limit.spo2.low", "by": "Nurse M", "at_ms": 1, "until_ms": 99 },
        }],
    });
    Watched::parse(value.to_string().as_bytes()).unwrap()
}

#[test]
fn the_alarms_of_the_watch_are_shown_until_it_removes_them() {
    let mut ward = ward();
    ward.set_watched("p", Some(watched("low", 1_000)));
    ward.apply(&complete(1_000), 1_000, 1_000);
    let [alarm] = &only(&ward, 1_000).alarms[..] else { panic!("not one alarm") };
    assert_eq!((alarm.priority, alarm.text.as_str()), (AlarmPriority::Medium, "SpO2 88 < 90"));
    assert_eq!(alarm.acknowledged_by.as_deref(), Some("Nurse N"));
    assert_eq!((alarm.silenced_until_ms, alarm.since_ms), (Some(99), 5));
    assert_eq!(alarm.as_of_ms, 1_000);
    ward.take_changes(1_000);
    ward.set_watched("p", Some(watched("low", 1_000)));
    assert!(ward.take_changes(1_000).patients.is_empty());
    ward.set_watched("p", None);
    assert!(ward.take_changes(1_000).patients[0].alarms.is_empty());
}

/// Without a watch no alarm is raised, and the pages must not look as if nothing was wrong.
#[test]
fn a_patient_whom_no_watch_judges_is_known() {
    let unwatched = |ward: &Ward| only(ward, 200_000).unwatched_since_ms;
    let mut ward = ward();
    ward.apply(&complete(1_000), 1_000, 1_000);
    ward.apply(&complete(91_000), 91_000, 91_000);
    assert_eq!(unwatched(&ward), None, "the watch may not have started");
    ward.apply(&complete(91_001), 91_001, 91_001);
    assert_eq!(unwatched(&ward), Some(1_000), "none has judged the first reading");
    ward.set_watched("p", Some(watched("low", 90_000)));
    assert_eq!(unwatched(&ward), None);
    ward.apply(&complete(180_001), 180_001, 180_001);
    assert_eq!(unwatched(&ward), Some(90_000), "the watch has stopped");
    ward.set_watched("p", None);
    assert_eq!(unwatched(&ward), Some(1_000));
}

/// The watch publishes only every half a minute, and not at all while a patient is silent.
#[test]
fn a_patient_who_was_silent_is_watched_when_readings_return() {
    let mut ward = ward();
    ward.apply(&complete(1_000), 1_000, 1_000);
    ward.set_watched("p", Some(watched("low", 1_000)));
    let unwatched = |ward: &Ward, now_ms| only(ward, now_ms).unwatched_since_ms;
    ward.apply(&complete(600_000), 600_000, 600_000);
    assert_eq!(unwatched(&ward, 600_000), None);
    ward.apply(&complete(690_001), 690_001, 690_001);
    assert_eq!(unwatched(&ward, 690_001), Some(600_000), "the watch has stopped meanwhile");
    ward.set_watched("p", Some(watched("low", 690_001)));
    assert_eq!(unwatched(&ward, 690_001), None);
}

/// A running watch publishes the states of others, too.
#[test]
fn a_watch_that_has_stopped_is_known_by_its_last_sign_of_life() {
    let mut ward = ward();
    let both = |ward: &mut Ward, time_ms| {
        for id in ["p", "q"] {
            ward.apply(&reading(id, time_ms, &[]), time_ms, time_ms);
        }
    };
    both(&mut ward, 1_000);
    both(&mut ward, 91_000);
    assert_eq!(ward.watch_stopped_ms(), None, "no reading has waited too long");
    both(&mut ward, 91_001);
    assert_eq!(ward.watch_stopped_ms(), Some(1_000), "there was never a watch");
    ward.set_watched("p", Some(watched("low", 91_001)));
    assert_eq!(ward.watch_stopped_ms(), None, "it judges another patient");
    both(&mut ward, 151_001);
    assert_eq!(ward.watch_stopped_ms(), None);
    both(&mut ward, 151_002);
    assert_eq!(ward.watch_stopped_ms(), Some(91_001), "no state for a minute");
    for id in ["p", "q"] {
        ward.set_watched(id, Some(watched("low", 151_002)));
    }
    assert_eq!(ward.watch_stopped_ms(), None);
}

/// It published the state of one patient half a minute before its end: only that one is behind at first.
#[test]
fn a_watch_is_known_to_have_stopped_once_the_first_patient_is_behind() {
    let mut ward = ward();
    for time_ms in (0..=190_000).step_by(1_000) {
        for id in ["p", "q"] {
            ward.apply(&reading(id, time_ms, &[]), time_ms, time_ms);
        }
        if time_ms == 70_000 {
            ward.set_watched("p", Some(watched("low", 70_000)));
        }
        if time_ms == 100_000 {
            ward.set_watched("q", Some(watched("low", 100_000)));
        }
        let first_ms = ward.states(time_ms, Some("p"))[0].unwatched_since_ms;
        assert_eq!(ward.watch_stopped_ms(), first_ms.map(|_| 100_000), "{time_ms}");
    }
    assert_eq!(ward.states(190_000, Some("q"))[0].unwatched_since_ms, None);
}

/// A silent ward gives the watch nothing to publish.
#[test]
fn a_watch_without_readings_has_not_stopped() {
    let mut ward = ward();
    ward.apply(&complete(1_000), 1_000, 1_000);
    ward.set_watched("p", Some(watched("low", 1_000)));
    ward.apply(&complete(600_000), 600_000, 600_000);
    assert_eq!(ward.watch_stopped_ms(), None);
}

/// Values for NEWS2 9.
fn deteriorated(time_ms: i64) -> Decoded<'static> {
    let mut decoded = complete(time_ms);
    decoded.reading.vitals.set(Vital::RespiratoryRate, Some(31.0));
    decoded.reading.vitals.set(Vital::Spo2, Some(91.0));
    decoded.reading.vitals.set(Vital::HeartRate, Some(120.0));
    decoded
}

fn rank(ward: &Ward, id: &str, now_ms: i64) -> (BandName, RankBasis) {
    let rank = ward.states(now_ms, Some(id))[0].news2.rank.unwrap();
    (rank.band, rank.basis)
}

/// It publishes a rise at once, so one that has not does not time the band.
#[test]
fn a_rise_that_the_watch_has_not_seen_is_held_for_ten_seconds() {
    let mut ward = ward();
    let low = |at_ms| {
        let value = json!({
            "score": { "shown_band": "low", "rank": { "band": "low", "as_of_ms": null } },
            "last_arrival_ms": at_ms, "at_ms": at_ms, "alarms": [],
        });
        Watched::parse(value.to_string().as_bytes()).unwrap()
    };
    ward.apply(&complete(1_000), 1_000, 1_000);
    ward.set_watched("p", Some(low(1_000)));
    for time_ms in (2_000..30_000).step_by(1_000) {
        ward.apply(&complete(time_ms), time_ms, time_ms);
    }
    for time_ms in (30_000..=40_000).step_by(1_000) {
        ward.apply(&deteriorated(time_ms), time_ms, time_ms);
        assert_eq!(rank(&ward, "p", time_ms), (BandName::Low, RankBasis::Held), "{time_ms}");
    }
    ward.apply(&deteriorated(41_000), 41_000, 41_000);
    assert_eq!(rank(&ward, "p", 41_000), (BandName::High, RankBasis::Inputs));
    // A late watch that has judged the rise times it.
    ward.set_watched("p", Some(watched("low", 30_000)));
    assert_eq!(rank(&ward, "p", 41_000), (BandName::Low, RankBasis::Held));
    // The next rise has ten seconds of its own.
    ward.set_watched("p", Some(low(41_000)));
    ward.apply(&complete(42_000), 42_000, 42_000);
    for (time_ms, band) in
        [(43_000, BandName::Low), (53_000, BandName::Low), (54_000, BandName::High)]
    {
        ward.apply(&deteriorated(time_ms), time_ms, time_ms);
        assert_eq!(rank(&ward, "p", time_ms).0, band, "{time_ms}");
    }
}

#[test]
fn a_watch_that_has_stopped_holds_no_rank_of_any_patient() {
    let mut ward = ward();
    ward.apply(&complete(1_000), 1_000, 1_000);
    ward.set_watched("p", Some(watched("low", 1_000)));
    for time_ms in (2_000..=91_001).step_by(1_000).chain([91_001]) {
        ward.apply(&complete(time_ms), time_ms, time_ms);
        let mut other = deteriorated(time_ms);
        other.reading.patient_id = "q".into();
        ward.apply(&other, time_ms, time_ms);
        if time_ms == 30_000 {
            ward.set_watched("q", Some(watched("low", 30_000)));
        }
    }
    assert_eq!(ward.watch_stopped_ms(), None);
    assert_eq!(rank(&ward, "q", 91_001), (BandName::Low, RankBasis::Held));
    ward.take_changes(91_001);
    ward.apply(&complete(92_001), 92_001, 92_001);
    assert_eq!(ward.watch_stopped_ms(), Some(30_000));
    assert_eq!(ward.states(92_001, Some("q"))[0].unwatched_since_ms, None);
    assert_eq!(rank(&ward, "q", 92_001), (BandName::High, RankBasis::Inputs));
    // Their pages learn of it, although no reading has arrived.
    let changed = |ward: &mut Ward| ward.take_changes(92_001).patients.len();
    assert_eq!((changed(&mut ward), changed(&mut ward)), (2, 0));
}

/// A short excursion changes the displayed band only after the delays of the watch. A watch that has
/// ended holds nothing.
#[test]
fn the_rank_is_the_band_of_the_watch_while_it_runs() {
    let mut ward = ward();
    ward.apply(&deteriorated(1_000), 1_000, 1_000);
    let rank = |ward: &Ward| rank(ward, "p", 1_000);
    assert_eq!(rank(&ward), (BandName::High, RankBasis::Inputs));
    ward.set_watched("p", Some(watched("low", 1_000)));
    assert_eq!(rank(&ward), (BandName::Low, RankBasis::Held));
    ward.set_watched("p", Some(watched("high", 1_000)));
    assert_eq!(rank(&ward), (BandName::High, RankBasis::Inputs));
    ward.set_watched("p", Some(watched("low", 1_000 - 90_001)));
    assert_eq!(rank(&ward), (BandName::High, RankBasis::Inputs));
}
