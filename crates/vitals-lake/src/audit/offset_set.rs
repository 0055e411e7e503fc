//! A set of offsets, stored as runs. Offsets are dense, so a billion of them take a few bytes.

use std::ops::RangeInclusive;

use roaring::RoaringTreemap;
use vitals_core::domain::offset_range::OffsetRange;

/// A set of offsets, and the offsets that were inserted more than once.
#[derive(Debug, Clone, Default)]
pub(super) struct OffsetSet {
    all: RoaringTreemap,
    repeated: RoaringTreemap,
    /// The number of insertions of an offset that was already there.
    duplicates: u64,
}

impl OffsetSet {
    /// Inserts one offset.
    pub(super) fn insert(&mut self, offset: u64) {
        if !self.all.insert(offset) {
            self.repeated.insert(offset);
            self.duplicates += 1;
        }
    }

    /// Inserts the offsets from `start` to `end`, exclusive.
    pub(super) fn insert_range(&mut self, start: u64, end: u64) {
        let mut range = Self::default();
        range.all.insert_range(start..end);
        self.merge(&range);
    }

    /// Inserts the offsets of `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        // An offset in both sets was inserted once more than the union counts.
        let both = &self.all & &other.all;
        self.duplicates += other.duplicates + both.len();
        self.repeated |= &other.repeated;
        self.repeated |= both;
        self.all |= &other.all;
    }

    /// Frees the memory of offsets that have become a run.
    pub(super) fn compress(&mut self) {
        self.all.optimize();
    }

    pub(super) const fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// The range from the lowest to the highest offset; `None` for an empty set.
    pub(super) fn bounds(&self) -> Option<OffsetRange> {
        Some(OffsetRange { start: signed(self.all.min()?), end: signed(self.all.max()?) + 1 })
    }

    /// The offsets that were inserted more than once.
    pub(super) fn overlaps(&self) -> Vec<OffsetRange> {
        runs(&self.repeated)
    }

    /// The offsets of `range` that are missing.
    pub(super) fn gaps(&self, range: OffsetRange) -> Vec<OffsetRange> {
        let mut gaps = Vec::new();
        let mut next = range.start;
        for run in runs(&self.all) {
            if run.start >= range.end {
                break;
            }
            if run.start > next {
                gaps.push(OffsetRange { start: next, end: run.start });
            }
            next = next.max(run.end);
        }
        if next < range.end {
            gaps.push(OffsetRange { start: next, end: range.end });
        }
        gaps
    }
}

/// The runs of `set`, in ascending order.
fn runs(set: &RoaringTreemap) -> Vec<OffsetRange> {
    let mut found: Vec<OffsetRange> = Vec::new();
    for (high, low) in set.bitmaps() {
        let mut offsets = low.iter();
        while let Some(run) = offsets.next_range() {
            let run = range(high, &run);
            match found.last_mut() {
                // A run may cross the boundary between two high halves.
                Some(last) if last.end == run.start => last.end = run.end,
                _ => found.push(run),
            }
        }
    }
    found
}

/// The offsets with a high half of `high` and the low halves of `low`.
fn range(high: u32, low: &RangeInclusive<u32>) -> OffsetRange {
    OffsetRange { start: offset(high, *low.start()), end: offset(high, *low.end()) + 1 }
}

fn offset(high: u32, low: u32) -> i64 {
    signed((u64::from(high) << 32) | u64::from(low))
}

/// Converts an offset back to `i64`, which it was before it was inserted.
fn signed(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const fn range(start: i64, end: i64) -> OffsetRange {
        OffsetRange { start, end }
    }

    fn set(offsets: &[u64]) -> OffsetSet {
        let mut set = OffsetSet::default();
        offsets.iter().for_each(|offset| set.insert(*offset));
        set.compress();
        set
    }

    #[test]
    fn gaps_and_overlaps_are_ranges() {
        let mut set = OffsetSet::default();
        set.insert_range(10, 20);
        set.insert_range(15, 18);
        (22..30).for_each(|offset| set.insert(offset));
        set.insert(29);
        assert_eq!(set.overlaps(), [range(15, 18), range(29, 30)]);
        assert_eq!(set.duplicates(), 4);
        assert_eq!(set.gaps(range(10, 35)), [range(20, 22), range(30, 35)]);
        assert_eq!(set.gaps(range(10, 20)), []);
        assert_eq!(set.bounds(), Some(range(10, 30)));
        assert_eq!(OffsetSet::default().bounds(), None);
    }

    #[test]
    fn a_run_continues_across_the_boundary_of_the_high_half() {
        let boundary = 1_i64 << 32;
        let start = boundary - 5;
        let end = boundary + 5;
        let mut set = OffsetSet::default();
        set.insert_range(start as u64, end as u64);
        let expected = [range(start - 1, start), range(end, end + 1)];
        assert_eq!(set.gaps(range(start - 1, end + 1)), expected);
    }

    proptest! {
        #[test]
        fn merging_parts_in_any_order_equals_inserting_everything(
            offsets in proptest::collection::vec(0..300_u64, 0..200), at in 0..200_usize,
        ) {
            let at = at.min(offsets.len());
            let mut merged = set(&offsets[at..]);
            merged.merge(&set(&offsets[..at]));
            let whole = set(&offsets);
            prop_assert_eq!(merged.overlaps(), whole.overlaps());
            prop_assert_eq!(merged.duplicates(), whole.duplicates());
            let gaps = whole.gaps(range(0, 300));
            prop_assert_eq!(&merged.gaps(range(0, 300)), &gaps);
            let missing: u64 = gaps.iter().map(OffsetRange::len).sum();
            let distinct: BTreeSet<u64> = offsets.iter().copied().collect();
            prop_assert_eq!(missing as usize, 300 - distinct.len());
        }
    }
}
