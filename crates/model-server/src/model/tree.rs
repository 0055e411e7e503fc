//! A tree of at most two splits from root to leaf, and its exact SHAP values.
//!
//! Three splits map a row to one of eight patterns of left and right. The value and the
//! contributions of every pattern are computed once, when the tree is created: scoring or
//! explaining a row is then three comparisons and one table lookup.
//!
//! Contributions are Shapley values of the path-dependent game (Lundberg et al., "From local
//! explanations to global understanding with explainable AI for trees", 2020): a split on a
//! feature that is not in the coalition goes both ways, weighted by the training rows on each side.

use serde::{Deserialize, Serialize};
use vitals_core::domain::features::FEATURE_COUNT;

use crate::stats::round;

use super::monotone::is_raising;

/// Decimals kept of a clamped leaf, in log-odds.
const DECIMALS: i32 = 6;

/// Splits of a full tree: the root, its left and its right child.
const SPLITS: usize = 3;
const LEAVES: usize = 4;
const PATTERNS: usize = 1 << SPLITS;

/// Position of the feature, threshold in the feature's unit, and true if a missing value goes left.
/// A value below the threshold goes left.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Split(pub(super) usize, pub(super) f64, pub(super) bool);

/// The saved form of a tree. Without a split, both sides hold the same value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedTree {
    pub(super) splits: [Option<Split>; SPLITS],
    /// In log-odds, from left to right.
    pub(super) leaves: [f64; LEAVES],
    /// Training rows in each leaf: the background that contributions are relative to.
    pub(super) covers: [f64; LEAVES],
}

/// A tree with its lookup tables.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tree {
    saved: SavedTree,
    /// The splits; an absent one sends every row left.
    splits: [Split; SPLITS],
    values: [f64; PATTERNS],
    /// The contribution of each split's feature, by pattern; a feature with two splits has its
    /// contribution at the first one.
    contributions: [[f64; SPLITS]; PATTERNS],
    expected: f64,
}

impl SavedTree {
    /// Clamps the leaves on both sides of a monotone root at the middle between the sides' means.
    ///
    /// The library orders the sides as a whole. Where a side is split again on another feature, one of
    /// its leaves could still be on the wrong side of a leaf of the other, and a person between them
    /// would get a lower risk for a higher value.
    pub(super) fn enforce_monotone_root(&mut self) {
        if !self.splits[0].is_some_and(|split| is_raising(split.0)) {
            return;
        }
        let middle = round((self.mean_leaf([0, 1]) + self.mean_leaf([2, 3])) / 2.0, DECIMALS);
        // Leaves are ordered from left to right: the first two are on the low side.
        let [low @ .., third, fourth] = &mut self.leaves;
        for leaf in low {
            *leaf = leaf.min(middle);
        }
        for leaf in [third, fourth] {
            *leaf = leaf.max(middle);
        }
    }

    /// The mean of two leaves, weighted by cover.
    fn mean_leaf(&self, side: [usize; 2]) -> f64 {
        let cover: f64 = side.iter().map(|i| self.covers[*i]).sum();
        side.iter().map(|i| self.leaves[*i] * self.covers[*i]).sum::<f64>() / cover
    }

    fn is_sound(&self) -> bool {
        let splits = self.splits.iter().flatten();
        let known = splits.clone().all(|split| split.0 < FEATURE_COUNT && split.1.is_finite());
        let finite = self.leaves.iter().all(|leaf| leaf.is_finite());
        let covered = self.covers.iter().all(|cover| cover.is_finite() && *cover >= 0.0);
        let total: f64 = self.covers.iter().sum();
        known && finite && covered && total > 0.0 && total.is_finite()
    }
}

impl Tree {
    /// Computes the tables; `None` if the tree is not usable: an unknown feature, a number that is
    /// not finite, or a negative or empty cover.
    pub(super) fn new(saved: SavedTree) -> Option<Self> {
        if !saved.is_sound() {
            return None;
        }
        // An absent split sends every value to the same side.
        let splits = saved.splits.map(|split| split.unwrap_or(Split(0, f64::INFINITY, true)));
        let mut tree = Self {
            expected: 0.0,
            values: [0.0; PATTERNS],
            contributions: [[0.0; SPLITS]; PATTERNS],
            splits,
            saved,
        };
        // The value of the empty coalition: no feature is known.
        tree.expected = tree.game(0, 0);
        for pattern in 0..PATTERNS {
            tree.values[pattern] = tree.game(pattern, PATTERNS - 1);
            tree.contributions[pattern] = tree.shapley(pattern);
        }
        Some(tree)
    }

    /// The same tree with these rows as background, each counted once; `None` if there are none.
    pub(super) fn with_rows(self, rows: &[[f64; FEATURE_COUNT]]) -> Option<Self> {
        let mut covers = [0.0; LEAVES];
        for row in rows {
            covers[leaf(self.pattern(row))] += 1.0;
        }
        Self::new(SavedTree { covers, ..self.saved })
    }

    pub(super) fn saved(&self) -> &SavedTree {
        &self.saved
    }

    /// The mean leaf of the training rows.
    pub(super) fn expected(&self) -> f64 {
        self.expected
    }

    /// The leaf of a row; NaN is "not measured".
    pub(super) fn value(&self, row: &[f64; FEATURE_COUNT]) -> f64 {
        self.values[self.pattern(row)]
    }

    /// Adds the contribution of every feature to the leaf of a row.
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

    /// The pattern of a row: one bit per split, set if the row goes right.
    fn pattern(&self, row: &[f64; FEATURE_COUNT]) -> usize {
        let mut pattern = 0;
        for (bit, Split(feature, threshold, missing_left)) in self.splits.iter().enumerate() {
            // NaN compares false with everything, so missing values are handled separately.
            let value = row[*feature];
            let left = if value.is_nan() { *missing_left } else { value < *threshold };
            pattern |= usize::from(!left) << bit;
        }
        pattern
    }

    /// The position of the first split on the same feature, which stands for the feature in a
    /// coalition.
    fn player(&self, split: usize) -> usize {
        let feature = self.splits[split].0;
        self.splits.iter().position(|other| other.0 == feature).unwrap_or(split)
    }

    /// The value of a coalition of players, given as one bit per player, for a pattern.
    fn game(&self, pattern: usize, coalition: usize) -> f64 {
        let [a, b, c, d] = self.saved.covers;
        let [p, q, r, s] = self.saved.leaves;
        let left = mix(self.right_share(1, pattern, coalition, [a, b]), p, q);
        let right = mix(self.right_share(2, pattern, coalition, [c, d]), r, s);
        mix(self.right_share(0, pattern, coalition, [a + b, c + d]), left, right)
    }

    /// The weight of a split's right side: all or nothing if its feature is in the coalition, else
    /// its share of the cover.
    fn right_share(
        &self,
        split: usize,
        pattern: usize,
        coalition: usize,
        [left, right]: [f64; 2],
    ) -> f64 {
        // Both sides have the same value, so any weight is right.
        if self.saved.splits[split].is_none() {
            0.5
        } else if coalition >> self.player(split) & 1 == 1 {
            f64::from(u8::from(pattern >> split & 1 == 1))
        } else if left + right > 0.0 {
            right / (left + right)
        } else {
            0.0
        }
    }

    /// The Shapley value of every player, by its definition over the eight coalitions.
    fn shapley(&self, pattern: usize) -> [f64; SPLITS] {
        // Share of the orders in which a player comes after 0, 1 or 2 of the others.
        const SHARE: [f64; SPLITS] = [1.0 / 3.0, 1.0 / 6.0, 1.0 / 3.0];
        std::array::from_fn(|split| {
            let player = 1 << split;
            let others = (0..PATTERNS).filter(|coalition| coalition & player == 0);
            others
                .map(|coalition| {
                    let gain =
                        self.game(pattern, coalition | player) - self.game(pattern, coalition);
                    SHARE[coalition.count_ones() as usize] * gain
                })
                .sum()
        })
    }
}

/// The leaf that a pattern ends in, from left to right.
fn leaf(pattern: usize) -> usize {
    let right = pattern & 1;
    right * 2 + (pattern >> (1 + right) & 1)
}

fn mix(right_share: f64, left: f64, right: f64) -> f64 {
    left * (1.0 - right_share) + right * right_share
}
