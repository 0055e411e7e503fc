//! Which offsets of a partition are there, as runs: offsets come in order and without holes, so a
//! billion of them are a few bytes.

use std::ops::RangeInclusive;

use roaring::RoaringTreemap;

use super::Range;

/// Offsets, and which of them were added more than once.
#[derive(Debug, Clone, Default)]
pub(super) struct Cover {
    all: RoaringTreemap,
    twice: RoaringTreemap,
    /// How often an offset was added that was there already.
    repeats: u64,
}

impl Cover {
    /// Adds one offset.
    pub(super) fn add(&mut self, offset: u64) {
        if !self.all.insert(offset) {
            self.twice.insert(offset);
            self.repeats += 1;
        }
    }

    /// Adds the offsets from `from` up to, not including, `to`.
    pub(super) fn add_range(&mut self, from: u64, to: u64) {
        let mut range = Self::default();
        range.all.insert_range(from..to);
        self.merge(&range);
    }

    /// Adds what `other` has.
    pub(super) fn merge(&mut self, other: &Self) {
        let both = &self.all & &other.all;
        self.repeats += other.repeats + both.len();
        self.twice |= &other.twice;
        self.twice |= both;
        self.all |= &other.all;
    }

    /// Gives back the memory of offsets that have become a run.
    pub(super) fn shrink(&mut self) {
        self.all.optimize();
    }

    pub(super) const fn repeats(&self) -> u64 {
        self.repeats
    }

    /// The first offset and the one after the last; `None` when there is no offset.
    pub(super) fn bounds(&self) -> Option<Range> {
        Some(Range { from: signed(self.all.min()?), to: signed(self.all.max()?) + 1 })
    }

    /// Offsets that were added more than once.
    pub(super) fn overlaps(&self) -> Vec<Range> {
        runs(&self.twice)
    }

    /// Offsets that are missing from `from` up to, not including, `to`.
    pub(super) fn gaps(&self, from: i64, to: i64) -> Vec<Range> {
        let mut gaps = Vec::new();
        let mut next = from;
        for run in runs(&self.all) {
            if run.from >= to {
                break;
            }
            if run.from > next {
                gaps.push(Range { from: next, to: run.from });
            }
            next = next.max(run.to);
        }
        if next < to {
            gaps.push(Range { from: next, to });
        }
        gaps
    }
}

/// The runs of `set`, in order.
fn runs(set: &RoaringTreemap) -> Vec<Range> {
    let mut found: Vec<Range> = Vec::new();
    for (high, low) in set.bitmaps() {
        let mut offsets = low.iter();
        while let Some(run) = offsets.next_range() {
            let run = range(high, &run);
            match found.last_mut() {
                // A run may go on where the high half of the offset changes.
                Some(last) if last.to == run.from => last.to = run.to,
                _ => found.push(run),
            }
        }
    }
    found
}

fn range(high: u32, low: &RangeInclusive<u32>) -> Range {
    let offset = |low: u32| signed((u64::from(high) << 32) | u64::from(low));
    Range { from: offset(*low.start()), to: offset(*low.end()) + 1 }
}

/// Offsets were `i64` before they got here.
fn signed(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranges(found: &[(i64, i64)]) -> Vec<Range> {
        found.iter().map(|(from, to)| Range { from: *from, to: *to }).collect()
    }

    #[test]
    fn gaps_and_overlaps_are_ranges() {
        let mut cover = Cover::default();
        cover.add_range(10, 20);
        cover.add_range(15, 18);
        (22..30).for_each(|offset| cover.add(offset));
        cover.add(29);
        assert_eq!(cover.overlaps(), ranges(&[(15, 18), (29, 30)]));
        assert_eq!(cover.repeats(), 4);
        assert_eq!(cover.gaps(10, 35), ranges(&[(20, 22), (30, 35)]));
        assert_eq!(cover.gaps(10, 20), []);
        assert_eq!(cover.bounds(), Some(Range { from: 10, to: 30 }));
        assert_eq!(Cover::default().bounds(), None);
    }

    #[test]
    fn a_run_goes_on_where_the_high_half_changes() {
        let border = 1_u64 << 32;
        let mut cover = Cover::default();
        cover.add_range(border - 5, border + 5);
        let (from, to) = ((1_i64 << 32) - 5, (1_i64 << 32) + 5);
        assert_eq!(cover.gaps(from - 1, to + 1), ranges(&[(from - 1, from), (to, to + 1)]));
    }

    proptest! {
        #[test]
        fn parts_in_any_order_say_the_same(
            offsets in proptest::collection::vec(0..300_u64, 0..200), at in 0..200_usize,
        ) {
            let cover = |offsets: &[u64]| {
                let mut cover = Cover::default();
                offsets.iter().for_each(|offset| cover.add(*offset));
                cover.shrink();
                cover
            };
            let at = at.min(offsets.len());
            let mut merged = cover(&offsets[at..]);
            merged.merge(&cover(&offsets[..at]));
            let whole = cover(&offsets);
            prop_assert_eq!(merged.overlaps(), whole.overlaps());
            prop_assert_eq!(merged.repeats(), whole.repeats());
            prop_assert_eq!(merged.gaps(0, 300), whole.gaps(0, 300));
            let missing: i64 = whole.gaps(0, 300).iter().map(|gap| gap.to - gap.from).sum();
            let distinct: std::collections::BTreeSet<u64> = offsets.iter().copied().collect();
            prop_assert_eq!(missing as usize, 300 - distinct.len());
        }
    }
}
