//! The polling thread's progress in one partition.

use vitals_core::domain::offset_range::OffsetRange;
use vitals_lake::position::LastMessage;

use crate::archive::epochs::Epoch;

/// The polling thread's progress in one partition. It never moves back within an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) epoch: Epoch,
    /// The next offset to cover.
    pub(crate) next: i64,
    /// The last message that was read, or the lake's before the first one.
    pub(crate) last: Option<LastMessage>,
}

/// The place of a message relative to the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Behind the cursor: the message was fetched before the partition was rewound.
    Covered,
    /// At the cursor.
    Next,
    /// Beyond it. Offsets without a message, such as transaction markers, lie between.
    AfterGap(OffsetRange),
}

impl Cursor {
    /// Moves behind the message at `offset`, unless it is covered already.
    pub(crate) fn pass(&mut self, offset: i64) -> Place {
        let start = self.next;
        if offset < start {
            return Place::Covered;
        }
        self.next = offset + 1;
        if offset == start {
            Place::Next
        } else {
            Place::AfterGap(OffsetRange { start, end: offset })
        }
    }

    /// Moves to the offset that fetching starts from. Returns the offsets it moves over; `None`
    /// if the cursor is there already, or further.
    pub(crate) fn skip_to(&mut self, fetch: i64) -> Option<OffsetRange> {
        let skipped = OffsetRange { start: self.next, end: fetch };
        if skipped.is_empty() {
            return None;
        }
        self.next = fetch;
        Some(skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(next: i64) -> Cursor {
        Cursor { epoch: 1, next, last: None }
    }

    #[test]
    fn a_message_is_taken_once() {
        let gap = Place::AfterGap(OffsetRange { start: 7, end: 9 });
        for (offset, expected, next) in [(6, Place::Covered, 7), (7, Place::Next, 8), (9, gap, 10)]
        {
            let mut cursor = cursor(7);
            assert_eq!((cursor.pass(offset), cursor.next), (expected, next), "offset {offset}");
        }
    }

    /// The comparison with Kafka's log takes a while, and messages arrive meanwhile.
    #[test]
    fn a_late_start_position_does_not_move_the_cursor_back() {
        let mut cursor = cursor(500);
        assert_eq!((cursor.skip_to(120), cursor.next), (None, 500));
        assert_eq!((cursor.skip_to(500), cursor.next), (None, 500));
        let lost = OffsetRange { start: 500, end: 900 };
        assert_eq!((cursor.skip_to(900), cursor.next), (Some(lost), 900));
    }
}
