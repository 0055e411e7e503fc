//! A set of offsets of one partition.

use std::ops::{BitAndAssign, SubAssign};

use roaring::RoaringTreemap;
use vitals_core::domain::offset_range::OffsetRange;

/// A set of offsets, stored as runs. No offset is negative.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Offsets(RoaringTreemap);

impl Offsets {
    /// Inserts one offset.
    pub fn insert(&mut self, offset: i64) {
        if let Ok(offset) = u64::try_from(offset) {
            self.0.insert(offset);
        }
    }

    /// Inserts the offsets of a range.
    pub fn insert_range(&mut self, range: OffsetRange) {
        let start = u64::try_from(range.start.max(0)).unwrap_or_default();
        let end = u64::try_from(range.end.max(0)).unwrap_or_default();
        self.0.insert_range(start..end);
    }

    /// Returns true if the set has `offset`.
    #[must_use]
    pub fn contains(&self, offset: i64) -> bool {
        u64::try_from(offset).is_ok_and(|offset| self.0.contains(offset))
    }

    /// The number of offsets.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// Returns true if the set has no offset.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The offsets as ranges, in ascending order.
    #[must_use]
    pub fn ranges(&self) -> Vec<OffsetRange> {
        let mut ranges: Vec<OffsetRange> = Vec::new();
        for offset in &self.0 {
            let offset = i64::try_from(offset).unwrap_or(i64::MAX);
            match ranges.last_mut() {
                Some(last) if last.end == offset => last.end += 1,
                _ => ranges.push(OffsetRange { start: offset, end: offset.saturating_add(1) }),
            }
        }
        ranges
    }
}

impl From<OffsetRange> for Offsets {
    fn from(range: OffsetRange) -> Self {
        let mut offsets = Self::default();
        offsets.insert_range(range);
        offsets
    }
}

impl SubAssign<&Self> for Offsets {
    fn sub_assign(&mut self, other: &Self) {
        self.0 -= &other.0;
    }
}

impl BitAndAssign<&Self> for Offsets {
    fn bitand_assign(&mut self, other: &Self) {
        self.0 &= &other.0;
    }
}
