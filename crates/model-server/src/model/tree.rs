//! A tree of at most two splits from root to leaf, and its exact SHAP values.
//!
//! Three splits answer a row with one of eight patterns of left and right. For every pattern the
//! value and the contribution of each feature are worked out once, when the tree is made: scoring
//! and explaining a row are then three comparisons and one look into a table.
//!
//! The contributions are Shapley values of the path-dependent game (Lundberg et al., "From local
//! explanations to global understanding with explainable AI for trees", 2020): a split on a
//! feature that is not in the coalition goes both ways, weighted by the training rows' cover.

use serde::{Deserialize, Serialize};
use vitals_core::domain::features::FEATURE_COUNT;

/// Splits of a full tree: the root, its left and its right child.
const SPLITS: usize = 3;
const LEAVES: usize = 4;
const PATTERNS: usize = 1 << SPLITS;

/// Feature by position, threshold in the feature's unit, whether a missing value goes left.
/// A value below the threshold goes left.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Split(pub(super) usize, pub(super) f64, pub(super) bool);

/// A tree as it is saved. Where there is no split, both sides hold the same value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedTree {
    pub(super) splits: [Option<Split>; SPLITS],
    /// In log-odds, from left to right.
    pub(super) leaves: [f64; LEAVES],
    /// Sum of the training rows' hessians in each leaf.
    pub(super) covers: [f64; LEAVES],
}

/// A tree with its tables.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tree {
    saved: SavedTree,
    /// Feature, threshold and side of a missing value; without a split always left.
    splits: [Split; SPLITS],
    values: [f64; PATTERNS],
    /// Per pattern what the feature of each split contributes; a feature that is split twice has
    /// its contribution at the first one.
    contributions: [[f64; SPLITS]; PATTERNS],
    expected: f64,
}

impl Tree {
    /// Makes the tables. `None` when the tree can't be calculated with: a feature that is not
    /// there, a number that is not finite, a cover that is negative or nothing.
    pub(super) fn new(saved: SavedTree) -> Option<Self> {
        let splits = saved.splits.map(|split| split.unwrap_or(Split(0, f64::INFINITY, true)));
        let known = saved.splits.iter().flatten().all(|s| s.0 < FEATURE_COUNT && s.1.is_finite());
        let covered = saved.covers.iter().all(|c| c.is_finite() && *c >= 0.0);
        let total: f64 = saved.covers.iter().sum();
        let finite = saved.leaves.iter().all(|leaf| leaf.is_finite());
        if !(known && covered && finite && total > 0.0 && total.is_finite()) {
            return None;
        }
        let mut tree = Self {
            expected: 0.0,
            values: [0.0; PATTERNS],
            contributions: [[0.0; SPLITS]; PATTERNS],
            splits,
            saved,
        };
        tree.expected = tree.game(0, 0);
        for pattern in 0..PATTERNS {
            tree.values[pattern] = tree.game(pattern, PATTERNS - 1);
            tree.contributions[pattern] = tree.shapley(pattern);
        }
        Some(tree)
    }

    pub(super) fn saved(&self) -> &SavedTree {
        &self.saved
    }

    /// The mean leaf, weighted by cover.
    pub(super) fn expected(&self) -> f64 {
        self.expected
    }

    /// The leaf of a row with missing values as NaN.
    pub(super) fn value(&self, row: &[f64; FEATURE_COUNT]) -> f64 {
        self.values[self.pattern(row)]
    }

    /// Adds what every feature contributes to the leaf of a row.
    pub(super) fn add_contributions(
        &self,
        row: &[f64; FEATURE_COUNT],
        sums: &mut [f64; FEATURE_COUNT],
    ) {
        let contributions = &self.contributions[self.pattern(row)];
        for (split, contribution) in self.splits.iter().zip(contributions) {
            sums[split.0] += contribution;
        }
    }

    /// One bit per split, set when the row goes right there.
    fn pattern(&self, row: &[f64; FEATURE_COUNT]) -> usize {
        let mut pattern = 0;
        for (bit, Split(feature, threshold, missing_left)) in self.splits.iter().enumerate() {
            let value = row[*feature];
            let left = if value.is_nan() { *missing_left } else { value < *threshold };
            pattern |= usize::from(!left) << bit;
        }
        pattern
    }

    /// Where a split's feature is split first, which is the feature's place in a coalition.
    fn place(&self, split: usize) -> usize {
        let feature = self.splits[split].0;
        self.splits.iter().position(|other| other.0 == feature).unwrap_or(split)
    }

    /// The value of a coalition, given as one bit per place, for a pattern.
    fn game(&self, pattern: usize, coalition: usize) -> f64 {
        let [a, b, c, d] = self.saved.covers;
        let right_share = |split: usize, left: f64, right: f64| {
            if self.saved.splits[split].is_none() {
                0.5
            } else if coalition >> self.place(split) & 1 == 1 {
                f64::from(u8::from(pattern >> split & 1 == 1))
            } else if left + right > 0.0 {
                right / (left + right)
            } else {
                0.0
            }
        };
        let mix = |share: f64, left: f64, right: f64| left * (1.0 - share) + right * share;
        let [p, q, r, s] = self.saved.leaves;
        let left = mix(right_share(1, a, b), p, q);
        let right = mix(right_share(2, c, d), r, s);
        mix(right_share(0, a + b, c + d), left, right)
    }

    /// Shapley values at every place, from their definition over the eight coalitions.
    fn shapley(&self, pattern: usize) -> [f64; SPLITS] {
        // Orders in which a player comes after 0, 1 or 2 of the others, over all orders.
        const SHARE: [f64; SPLITS] = [1.0 / 3.0, 1.0 / 6.0, 1.0 / 3.0];
        std::array::from_fn(|place| {
            let player = 1 << place;
            let others = (0..PATTERNS).filter(|coalition| coalition & player == 0);
            let gain = |coalition: usize| {
                self.game(pattern, coalition | player) - self.game(pattern, coalition)
            };
            others.map(|o| SHARE[o.count_ones() as usize] * gain(o)).sum()
        })
    }
}
