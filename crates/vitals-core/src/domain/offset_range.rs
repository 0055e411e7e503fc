//! A contiguous range of offsets of one partition.

use serde::{Deserialize, Serialize};

/// The offsets from `start` to `end`, exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OffsetRange {
    /// The first offset.
    pub start: i64,
    /// The offset after the last one.
    pub end: i64,
}

impl OffsetRange {
    /// The number of offsets in the range.
    #[must_use]
    pub fn len(&self) -> u64 {
        u64::try_from(self.end - self.start).unwrap_or_default()
    }

    /// Returns true if the range has no offset.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    /// Returns true if `offset` is in the range.
    #[must_use]
    pub const fn contains(&self, offset: i64) -> bool {
        self.start <= offset && offset < self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_exclusive() {
        let range = OffsetRange { start: 3, end: 5 };
        assert_eq!([2, 3, 4, 5].map(|offset| range.contains(offset)), [false, true, true, false]);
        assert_eq!(range.len(), 2);
        let empty = OffsetRange { start: 3, end: 3 };
        assert!(empty.is_empty());
    }
}
