//! The newest events of the topic.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use vitals_core::domain::activity::{ActivityEvent, decode};

use super::filter::ActivityFilter;
use crate::metrics::count_rejected;

/// Number of events that are kept.
pub const RECENT_EVENTS: usize = 1_000;

/// The newest events of the topic, those of other dashboards included.
#[derive(Debug, Default)]
pub struct Recent(Mutex<VecDeque<Arrived>>);

/// An event with the time by which it is listed.
#[derive(Debug)]
struct Arrived {
    listed_ms: i64,
    event: ActivityEvent,
}

impl Recent {
    /// Adds the event of a message that arrived at `arrival_ms`. A message that is none is counted.
    pub fn apply(&self, payload: Option<&[u8]>, arrival_ms: i64) {
        let Ok(event) = decode(payload.unwrap_or_default()) else {
            count_rejected("invalid_activity");
            return;
        };
        let mut events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // An event of a clock ahead would stay the newest one, and push out all that follow.
        let listed_ms = event.time.min(arrival_ms);
        // The partitions of the topic arrive in turns: an event finds its place by time, from the end.
        let after = events.iter().rposition(|earlier| earlier.listed_ms <= listed_ms);
        events.insert(after.map_or(0, |index| index + 1), Arrived { listed_ms, event });
        if events.len() > RECENT_EVENTS {
            events.pop_front();
        }
    }

    /// Number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Returns true before the first event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The selected events, newest first.
    #[must_use]
    pub fn list(&self, filter: &ActivityFilter) -> Vec<ActivityEvent> {
        let events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = events.iter().rev().map(|arrived| &arrived.event);
        newest.filter(|event| filter.selects(event)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use vitals_core::domain::activity::Action;

    use super::*;

    fn message(time: usize, user: Option<&str>, action: &str, patient: Option<&str>) -> String {
        let user = user.map_or_else(String::new, |user| format!(r#""user":"{user}","#));
        let patient = patient.map_or_else(String::new, |id| format!(r#""patient_id":"{id}","#));
        let view = if patient.is_empty() { "statistics" } else { "patient" };
        format!(
            r#"{{"version":1,"event_id":"e-{time}","time":{time},{user}"address":"192.0.2.1",{patient}"action":"{action}","view":"{view}"}}"#
        )
    }

    fn ids(recent: &Recent, filter: &ActivityFilter) -> Vec<String> {
        recent.list(filter).into_iter().map(|event| event.event_id).collect()
    }

    #[test]
    fn events_are_in_order_of_time_and_filtered() {
        let recent = Recent::default();
        for json in [
            message(3, Some("ada"), "viewed", Some("p-1")),
            message(1, None, "exported", Some("p-2")),
            message(2, Some("unknown"), "viewed", None),
            "broken".to_owned(),
        ] {
            recent.apply(Some(json.as_bytes()), 9);
        }
        recent.apply(None, 9);
        let all = ActivityFilter::default();
        assert_eq!(ids(&recent, &all), ["e-3", "e-2", "e-1"]);
        let patient = ActivityFilter { patient_id: Some("p-2".to_owned()), ..all.clone() };
        assert_eq!(ids(&recent, &patient), ["e-1"]);
        let user = ActivityFilter { user: Some("ada".to_owned()), ..all.clone() };
        assert_eq!(ids(&recent, &user), ["e-3"]);
        let unknown = ActivityFilter { user: Some("unknown".to_owned()), ..all.clone() };
        assert_eq!(ids(&recent, &unknown), ["e-2", "e-1"]);
        let exports = ActivityFilter { action: Some(Action::Exported), ..all };
        assert_eq!(ids(&recent, &exports), ["e-1"]);
    }

    #[test]
    fn the_oldest_events_make_room() {
        let recent = Recent::default();
        for time in 0..RECENT_EVENTS + 5 {
            recent.apply(Some(message(time, None, "viewed", None).as_bytes()), i64::MAX);
        }
        let found = recent.list(&ActivityFilter::default());
        assert_eq!(found.len(), RECENT_EVENTS);
        assert_eq!(found.last().unwrap().event_id, "e-5");
    }

    #[test]
    fn events_of_a_clock_ahead_keep_out_none_that_follow() {
        let recent = Recent::default();
        let ahead = message(9_223_372_036_854, None, "viewed", None);
        for _ in 0..RECENT_EVENTS {
            recent.apply(Some(ahead.as_bytes()), 5);
        }
        recent.apply(Some(message(6, None, "viewed", None).as_bytes()), 7);
        let found = ids(&recent, &ActivityFilter::default());
        assert_eq!((found.len(), found[0].as_str()), (RECENT_EVENTS, "e-6"));
    }
}
