//! The arrival time of a message, and the messages that arrived before the dashboard's start.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use rdkafka::Timestamp;
use vitals_core::domain::decode::{self, Decoded};

/// The end of each partition when the dashboard first read it. Shared by the partition watcher,
/// which sets it, and the poller.
#[derive(Debug, Clone, Default)]
pub(super) struct Backlog(Arc<Mutex<BTreeMap<i32, i64>>>);

impl Backlog {
    /// Sets the offset of the first message that had not arrived yet.
    pub(super) fn set_end(&self, partition: i32, end: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(partition, end);
    }

    /// Returns true if the message was on the topic before the dashboard read it.
    pub(super) fn contains(&self, partition: i32, offset: i64) -> bool {
        let ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ends.get(&partition).is_some_and(|end| offset < *end)
    }
}

/// Lead of a sender's clock up to which its time counts, ms.
const MAX_AHEAD_MS: i64 = 300_000;

/// The arrival of a message received at `now_ms`: the broker's timestamp if the topic has
/// `LogAppendTime`. `None` if it is unknown.
///
/// With `CreateTime` the timestamp is the sender's and may be the time of a wrong bedside clock.
/// A live message then arrived when it was received; for one of the backlog, the sender's time is
/// the best there is. One that is no time of an arrival, such as 0 or microseconds, is none: every
/// message of the backlog would have arrived in 1970, or a moment ago.
pub(super) fn arrival_ms(timestamp: Timestamp, in_backlog: bool, now_ms: i64) -> Option<i64> {
    let ms = match timestamp {
        // The broker's clock may be ahead of this one: no reading arrives in the future.
        Timestamp::LogAppendTime(ms) => return Some(ms.min(now_ms)),
        Timestamp::CreateTime(_) | Timestamp::NotAvailable if !in_backlog => return Some(now_ms),
        Timestamp::CreateTime(ms) => decode::arrival_ms(ms)?,
        Timestamp::NotAvailable => return None,
    };
    (ms <= now_ms.saturating_add(MAX_AHEAD_MS)).then_some(ms.min(now_ms))
}

/// The arrival of a reading received at `now_ms`: that of its message, or else the time at which it
/// was measured.
pub(super) fn of_reading(decoded: &Decoded<'_>, arrival_ms: Option<i64>, now_ms: i64) -> i64 {
    arrival_ms.unwrap_or(decoded.reading.time_ms).min(now_ms)
}

#[cfg(test)]
mod tests {
    use vitals_core::domain::reading::Reading;

    use super::*;

    const NOW: i64 = 1_763_812_800_000;

    #[test]
    fn the_brokers_time_counts_and_a_senders_time_only_for_the_backlog() {
        let cases = [
            (Timestamp::LogAppendTime(NOW - 100), false, Some(NOW - 100)),
            (Timestamp::LogAppendTime(NOW - 100), true, Some(NOW - 100)),
            (Timestamp::LogAppendTime(NOW + 100), false, Some(NOW)),
            (Timestamp::CreateTime(NOW - 100), false, Some(NOW)),
            (Timestamp::CreateTime(NOW - 100), true, Some(NOW - 100)),
            (Timestamp::CreateTime(NOW + MAX_AHEAD_MS), true, Some(NOW)),
            (Timestamp::NotAvailable, false, Some(NOW)),
            (Timestamp::NotAvailable, true, None),
        ];
        for (timestamp, in_backlog, expected) in cases {
            assert_eq!(arrival_ms(timestamp, in_backlog, NOW), expected, "{timestamp:?}");
        }
    }

    #[test]
    fn a_time_of_the_backlog_that_is_no_arrival_gives_way_to_that_of_the_reading() {
        let measured = Decoded::new(Reading::new("p", NOW - 60_000));
        let ahead = Decoded::new(Reading::new("p", NOW + 60_000));
        let times = [i64::MIN, -1, 0, NOW / 1000, NOW * 1000, i64::MAX, NOW + MAX_AHEAD_MS + 1];
        for time_ms in times {
            let arrival_ms = arrival_ms(Timestamp::CreateTime(time_ms), true, NOW);
            assert_eq!(arrival_ms, None, "{time_ms}");
            assert_eq!(of_reading(&measured, arrival_ms, NOW), NOW - 60_000);
            assert_eq!(of_reading(&ahead, arrival_ms, NOW), NOW);
        }
        assert_eq!(of_reading(&measured, Some(NOW - 5), NOW), NOW - 5);
    }

    #[test]
    fn the_backlog_ends_at_its_end() {
        let backlog = Backlog::default();
        backlog.set_end(1, 10);
        let seen = [(1, 9), (1, 10), (2, 0)];
        assert_eq!(seen.map(|(part, offset)| backlog.contains(part, offset)), [true, false, false]);
    }
}
