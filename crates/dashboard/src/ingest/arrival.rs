//! The arrival time of a message, and the messages that arrived before the dashboard's start.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use rdkafka::Timestamp;

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

/// The arrival of a message received at `now_ms`: the broker's timestamp if the topic has
/// `LogAppendTime`.
///
/// With `CreateTime` the timestamp is the sender's and may be the time of a wrong bedside clock.
/// A live message then arrived when it was received; for one of the backlog, the sender's time is
/// the best there is.
pub(super) fn arrival_ms(timestamp: Timestamp, in_backlog: bool, now_ms: i64) -> i64 {
    match timestamp {
        // The broker's clock may be ahead of this one: no reading arrives in the future.
        Timestamp::LogAppendTime(ms) => ms.min(now_ms),
        Timestamp::CreateTime(ms) if in_backlog => ms.min(now_ms),
        Timestamp::CreateTime(_) | Timestamp::NotAvailable => now_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_brokers_time_counts_and_a_senders_time_only_for_the_backlog() {
        let cases = [
            (Timestamp::LogAppendTime(900), false, 900),
            (Timestamp::LogAppendTime(900), true, 900),
            (Timestamp::LogAppendTime(1_100), false, 1_000),
            (Timestamp::CreateTime(900), false, 1_000),
            (Timestamp::CreateTime(900), true, 900),
            (Timestamp::CreateTime(9_000), true, 1_000),
            (Timestamp::NotAvailable, true, 1_000),
        ];
        for (timestamp, in_backlog, expected) in cases {
            assert_eq!(arrival_ms(timestamp, in_backlog, 1_000), expected, "{timestamp:?}");
        }
    }

    #[test]
    fn the_backlog_ends_at_its_end() {
        let backlog = Backlog::default();
        backlog.set_end(1, 10);
        let seen = [(1, 9), (1, 10), (2, 0)];
        assert_eq!(seen.map(|(part, offset)| backlog.contains(part, offset)), [true, false, false]);
    }
}
