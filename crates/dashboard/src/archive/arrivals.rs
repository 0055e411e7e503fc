//! The arrivals of a topic's messages, by offset.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use vitals_lake::position::Positions;

/// The messages of a topic that the dashboard has seen. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Arrivals(Arc<Mutex<BTreeMap<i32, Partition>>>);

/// The messages of a partition.
#[derive(Debug, Default)]
struct Partition {
    /// Time at which the dashboard began to follow the partition.
    begun_ms: i64,
    /// The offset behind the last message: the end at that time, or of the messages that were read.
    end: i64,
    /// A message was read.
    is_read: bool,
    /// Arrival of the last message that was read.
    last_ms: Option<i64>,
    /// One a second of ten minutes: an archive that runs is some seconds behind.
    recent: Marks<1_000, 600>,
    /// One a minute of a week: an archive may have stopped.
    older: Marks<60_000, 10_080>,
}

/// The arrivals of at most `MAX` messages by offset, `SPACING_MS` apart, the newest.
#[derive(Debug, Default)]
struct Marks<const SPACING_MS: u64, const MAX: usize>(BTreeMap<i64, i64>);

/// The extent of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Everything that arrived before this time is archived.
    UpTo(i64),
    /// Something that arrived before this time is not archived. It is not known when it arrived.
    Before(i64),
}

impl Arrivals {
    /// Follows a partition whose messages end at offset `end`, from `now_ms` on.
    pub fn begin(&self, partition: i32, end: i64, now_ms: i64) {
        let begun = Partition { begun_ms: now_ms, end, ..Partition::default() };
        self.partitions().insert(partition, begun);
    }

    /// Adds a message, in any order; `None` if the time of its arrival is not known.
    pub fn add(&self, partition: i32, offset: i64, arrival_ms: Option<i64>) {
        let mut partitions = self.partitions();
        // Messages of a topic that was deleted meanwhile have no partition.
        if let Some(partition) = partitions.get_mut(&partition) {
            partition.add(offset, arrival_ms);
        }
    }

    /// Forgets the partitions of a topic that was deleted.
    pub fn clear(&self) {
        self.partitions().clear();
    }

    /// The extent of an archive that has every message before `positions`. While the brokers respond, all
    /// messages up to `now_ms` are known; `now_ms` is `None` while they do not. `None` if no partition is
    /// known.
    #[must_use]
    pub fn extent(&self, positions: &Positions, now_ms: Option<i64>) -> Option<Extent> {
        let partitions = self.partitions();
        let last_ms = partitions.values().filter_map(|partition| partition.last_ms).max();
        let mut up_to_ms = now_ms.or(last_ms).filter(|_| !partitions.is_empty())?;
        let mut before_ms: Option<i64> = None;
        for (id, partition) in &*partitions {
            match partition.extent(positions.get(id).copied().unwrap_or_default()) {
                None => {}
                Some(Extent::UpTo(ms)) => up_to_ms = up_to_ms.min(ms),
                Some(Extent::Before(ms)) => before_ms = Some(before_ms.map_or(ms, |it| it.min(ms))),
            }
        }
        Some(before_ms.map_or(Extent::UpTo(up_to_ms), |ms| Extent::Before(ms.min(up_to_ms))))
    }

    fn partitions(&self) -> MutexGuard<'_, BTreeMap<i32, Partition>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Partition {
    fn add(&mut self, offset: i64, arrival_ms: Option<i64>) {
        // The end at the start may be behind offsets that no message has, such as those of transactions.
        self.end = if self.is_read { self.end.max(offset + 1) } else { offset + 1 };
        self.is_read = true;
        if let Some(arrival_ms) = arrival_ms {
            self.last_ms = self.last_ms.max(Some(arrival_ms));
            self.recent.add(offset, arrival_ms);
            self.older.add(offset, arrival_ms);
        }
    }

    /// The extent of an archive up to `position`; `None` if it has every message.
    fn extent(&self, position: i64) -> Option<Extent> {
        if position >= self.end {
            return None;
        }
        // No message from this one on arrived earlier.
        let nearest = self.recent.before(position).max(self.older.before(position));
        Some(match nearest {
            Some((_, arrival_ms)) => Extent::UpTo(arrival_ms),
            None => Extent::Before(self.older.0.values().next().copied().unwrap_or(self.begun_ms)),
        })
    }
}

impl<const SPACING_MS: u64, const MAX: usize> Marks<SPACING_MS, MAX> {
    fn add(&mut self, offset: i64, arrival_ms: i64) {
        let before = self.before(offset);
        if before.is_none_or(|(_, before_ms)| before_ms.abs_diff(arrival_ms) >= SPACING_MS) {
            self.0.insert(offset, arrival_ms);
        }
        if self.0.len() > MAX {
            self.0.pop_first();
        }
    }

    /// The last mark up to `offset`.
    fn before(&self, offset: i64) -> Option<(i64, i64)> {
        self.0.range(..=offset).next_back().map(|(offset, arrival_ms)| (*offset, *arrival_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Partition 0 with a message a second from offset 100 and time 10 s on, and partition 1 without.
    fn arrivals() -> Arrivals {
        let arrivals = Arrivals::default();
        arrivals.begin(0, 110, 15_000);
        arrivals.begin(1, 7, 15_000);
        for offset in 100..120 {
            arrivals.add(0, offset, Some(10_000 + (offset - 100) * 1_000));
        }
        arrivals
    }

    fn extent(arrivals: &Arrivals, first: i64, second: i64) -> Option<Extent> {
        arrivals.extent(&Positions::from([(0, first), (1, second)]), Some(60_000))
    }

    #[test]
    fn the_archive_ends_with_the_first_message_that_it_lacks() {
        let arrivals = arrivals();
        assert_eq!(extent(&arrivals, 119, 7), Some(Extent::UpTo(29_000)));
        assert_eq!(extent(&arrivals, 105, 7), Some(Extent::UpTo(15_000)));
        assert_eq!(extent(&arrivals, 100, 7), Some(Extent::UpTo(10_000)));
        // It ends before all that is known.
        assert_eq!(extent(&arrivals, 99, 7), Some(Extent::Before(10_000)));
        let nothing = arrivals.extent(&Positions::new(), Some(60_000));
        assert_eq!(nothing, Some(Extent::Before(10_000)));
    }

    #[test]
    fn a_silent_topic_is_archived_up_to_now() {
        let arrivals = arrivals();
        assert_eq!(extent(&arrivals, 120, 7), Some(Extent::UpTo(60_000)));
        let archived = Positions::from([(0, 120), (1, 7)]);
        // Without the brokers, there may be later messages.
        assert_eq!(arrivals.extent(&archived, None), Some(Extent::UpTo(29_000)));
    }

    #[test]
    fn the_slowest_partition_counts() {
        let arrivals = arrivals();
        // Its messages are from before the start.
        assert_eq!(extent(&arrivals, 119, 6), Some(Extent::Before(15_000)));
        arrivals.add(1, 7, Some(12_000));
        assert_eq!(extent(&arrivals, 119, 7), Some(Extent::UpTo(12_000)));
        assert_eq!(extent(&arrivals, 105, 8), Some(Extent::UpTo(15_000)));
    }

    #[test]
    fn without_a_partition_nothing_is_known() {
        let arrivals = Arrivals::default();
        arrivals.add(0, 1, Some(1));
        assert_eq!(extent(&arrivals, 9, 9), None);
        arrivals.begin(0, 2, 1);
        assert_eq!(arrivals.extent(&Positions::new(), None), None, "no broker responded yet");
        arrivals.clear();
        assert_eq!(extent(&arrivals, 9, 9), None);
    }

    #[test]
    fn offsets_without_a_message_are_not_missing() {
        let arrivals = Arrivals::default();
        // The last offset is the end of a transaction.
        arrivals.begin(0, 11, 5_000);
        arrivals.add(0, 9, Some(4_000));
        assert_eq!(extent(&arrivals, 10, 0), Some(Extent::UpTo(60_000)));
    }

    #[test]
    fn earlier_messages_may_be_added_later() {
        let arrivals = arrivals();
        for offset in 80..100 {
            arrivals.add(0, offset, Some(offset * 100));
        }
        assert_eq!(extent(&arrivals, 120, 7), Some(Extent::UpTo(60_000)));
        assert_eq!(extent(&arrivals, 99, 7), Some(Extent::UpTo(9_000)));
        assert_eq!(extent(&arrivals, 79, 7), Some(Extent::Before(8_000)));
        arrivals.add(0, 70, None);
        assert_eq!(extent(&arrivals, 79, 7), Some(Extent::Before(8_000)));
    }

    #[test]
    fn marks_are_bounded_and_older_ones_further_apart() {
        let arrivals = Arrivals::default();
        arrivals.begin(0, 0, 0);
        // A message in ten seconds.
        for offset in 0..100_000 {
            arrivals.add(0, offset, Some(offset * 10_000));
        }
        let extent = |position| arrivals.extent(&Positions::from([(0, position)]), Some(i64::MAX));
        assert_eq!(extent(99_999), Some(Extent::UpTo(999_990_000)));
        assert_eq!(extent(99_400), Some(Extent::UpTo(994_000_000)));
        assert_eq!(extent(50_001), Some(Extent::UpTo(499_980_000)), "the minute before");
        // More than a week ago.
        assert_eq!(extent(35_000), Some(Extent::Before(395_220_000)));
    }
}
