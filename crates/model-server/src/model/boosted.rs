//! Gradient boosted trees, fitted by `forust-ml`, with monotone constraints: more glucose, weight,
//! age, pregnancies or affected relatives never lower the risk. Trees split on missing values. The
//! fitted trees are kept in a form of our own, see [`super::tree`].

use std::collections::HashMap;

use forust_ml::{
    GradientBooster, Matrix, constraints::Constraint, sampler::SampleMethod,
    tree::Tree as FittedTree,
};
use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use vitals_core::domain::features::FEATURE_COUNT;

use crate::stats::round;

use super::{
    fitting::FitError,
    monotone::is_raising,
    row::cells,
    tree::{SavedTree, Split, Tree},
};

/// Decimals kept of leaves and base score (log-odds), thresholds and hessians.
const DECIMALS: i32 = 6;

/// Splits from root to leaf.
const DEPTH: usize = 2;

/// The hyperparameters of boosting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoostedChoice {
    /// Number of trees.
    pub trees: usize,
    /// Shrinkage of each tree's step.
    pub learning_rate: f32,
    /// L2 penalty on the leaves.
    pub l2: f32,
    /// Minimum sum of hessians in a leaf.
    pub min_leaf_weight: f32,
    /// Share of the rows that each tree is fitted on.
    pub subsample: f32,
    /// Share of the features that each tree may use.
    pub features: f64,
}

impl BoostedChoice {
    /// The defaults; only the number of trees is searched for.
    pub const DEFAULT: Self = Self {
        trees: 160,
        learning_rate: 0.05,
        l2: 5.0,
        min_leaf_weight: 3.0,
        subsample: 0.7,
        features: 0.7,
    };
}

/// A base score and trees, in log-odds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "SavedBoosted", into = "SavedBoosted")]
pub struct Boosted {
    base_score: f64,
    trees: Vec<Tree>,
    base_value: f64,
}

impl Boosted {
    /// Fits rows in the features' units, NaN for "not measured".
    ///
    /// # Errors
    /// The rows don't have eight columns, a feature is constant, or a fitted tree is deeper than two
    /// splits.
    pub fn fit(
        rows: ArrayView2<'_, f64>,
        outcomes: &[bool],
        choice: BoostedChoice,
        seed: u64,
    ) -> Result<Self, FitError> {
        if rows.ncols() != FEATURE_COUNT {
            return Err(FitError::Columns(rows.ncols()));
        }
        // The library expects columns one after the other.
        let by_column: Vec<f64> = rows.t().iter().copied().collect();
        let outcomes: Vec<f64> = outcomes.iter().map(|o| f64::from(u8::from(*o))).collect();
        let mut booster = booster(choice, seed);
        let matrix = Matrix::new(&by_column, rows.nrows(), FEATURE_COUNT);
        booster.fit_unweighted(&matrix, &outcomes, None)?;
        let rows: Vec<_> = rows.rows().into_iter().map(cells).collect();
        let mut trees = Vec::with_capacity(booster.trees.len());
        for fitted in &booster.trees {
            // Each training row counts once in the cover, whatever its weight in the fit.
            let tree = convert(fitted).and_then(|tree| tree.with_rows(&rows));
            trees.push(tree.ok_or(FitError::TreeShape)?);
        }
        Ok(Self::new(round(booster.base_score, DECIMALS), trees))
    }

    fn new(base_score: f64, trees: Vec<Tree>) -> Self {
        let base_value = base_score + trees.iter().map(Tree::expected).sum::<f64>();
        Self { base_score, trees, base_value }
    }

    /// The raw score of a row with NaN for "not measured", in log-odds.
    #[must_use]
    pub fn log_odds(&self, row: &[f64; FEATURE_COUNT]) -> f64 {
        self.trees.iter().map(|tree| tree.value(row)).sum::<f64>() + self.base_score
    }

    /// The score after each number of trees in `stages`, which is ascending.
    pub(super) fn staged(&self, row: &[f64; FEATURE_COUNT], stages: &[usize]) -> Vec<f64> {
        let mut score = self.base_score;
        let mut scores = Vec::with_capacity(stages.len());
        let mut done = 0;
        for stage in stages {
            let stop = (*stage).min(self.trees.len());
            score += self.trees[done..stop].iter().map(|tree| tree.value(row)).sum::<f64>();
            done = stop;
            scores.push(score);
        }
        scores
    }

    /// The mean score of the training rows, in log-odds.
    #[must_use]
    pub fn base_value(&self) -> f64 {
        self.base_value
    }

    /// The thresholds of all splits on a feature.
    pub(super) fn thresholds(&self, feature: usize) -> impl Iterator<Item = f64> + '_ {
        let splits = self.trees.iter().flat_map(|tree| tree.saved().splits.iter().flatten());
        splits.filter(move |split| split.0 == feature).map(|split| split.1)
    }

    /// The contribution of each feature to the base value, in log-odds.
    #[must_use]
    pub fn contributions(&self, row: &[f64; FEATURE_COUNT]) -> [f64; FEATURE_COUNT] {
        let mut sums = [0.0; FEATURE_COUNT];
        for tree in &self.trees {
            tree.add_contributions(row, &mut sums);
        }
        sums
    }
}

fn booster(choice: BoostedChoice, seed: u64) -> GradientBooster {
    let constraints: HashMap<usize, Constraint> =
        (0..FEATURE_COUNT).filter(|j| is_raising(*j)).map(|j| (j, Constraint::Positive)).collect();
    GradientBooster::default()
        .set_iterations(choice.trees)
        .set_learning_rate(choice.learning_rate)
        .set_max_depth(DEPTH)
        .set_l2(choice.l2)
        .set_min_leaf_weight(choice.min_leaf_weight)
        .set_sample_method(SampleMethod::Random)
        .set_subsample(choice.subsample)
        .set_colsample_bytree(choice.features)
        .set_monotone_constraints(Some(constraints))
        .set_initialize_base_score(true)
        // Parallel sums have another order, which could give other trees.
        .set_parallel(false)
        .set_seed(seed)
}

/// Converts a fitted tree to the saved form; `None` if it is deeper than two splits.
fn convert(tree: &FittedTree) -> Option<Tree> {
    let [left, right] = children(tree, 0)?;
    let [a, b] = children(tree, left)?;
    let [c, d] = children(tree, right)?;
    let leaves = [a, b, c, d];
    let mut saved = SavedTree {
        splits: [split(tree, 0)?, split(tree, left)?, split(tree, right)?],
        leaves: [0.0; 4],
        covers: [0.0; 4],
    };
    for (i, leaf) in leaves.iter().enumerate() {
        // A tree deeper than two splits has no leaf here.
        let node = tree.nodes.get(*leaf).filter(|node| node.is_leaf)?;
        // A leaf in place of a split stands on both sides of it; its cover is divided among them.
        let sides = leaves.iter().filter(|other| *other == leaf).count();
        saved.leaves[i] = round(f64::from(node.weight_value), DECIMALS);
        saved.covers[i] = round(f64::from(node.hessian_sum) / sides as f64, DECIMALS);
    }
    saved.enforce_monotone_root();
    Tree::new(saved)
}

/// The children of a node; the node itself, twice, if it is a leaf.
fn children(tree: &FittedTree, at: usize) -> Option<[usize; 2]> {
    let node = tree.nodes.get(at)?;
    Some(if node.is_leaf { [at; 2] } else { [node.left_child, node.right_child] })
}

/// The split of a node, `Some(None)` for a leaf; `None` if missing values go to neither child.
fn split(tree: &FittedTree, at: usize) -> Option<Option<Split>> {
    let node = tree.nodes.get(at)?;
    if node.is_leaf {
        return Some(None);
    }
    // A missing value follows one of the two children.
    let missing_left = node.missing_node == node.left_child;
    if !missing_left && node.missing_node != node.right_child {
        return None;
    }
    let threshold = round(node.split_value, DECIMALS);
    Some(Some(Split(node.split_feature, threshold, missing_left)))
}

/// The serialised form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedBoosted {
    base_score: f64,
    trees: Vec<SavedTree>,
}

impl From<Boosted> for SavedBoosted {
    fn from(boosted: Boosted) -> Self {
        let trees = boosted.trees.iter().map(|tree| tree.saved().clone()).collect();
        Self { base_score: boosted.base_score, trees }
    }
}

impl TryFrom<SavedBoosted> for Boosted {
    type Error = String;

    fn try_from(saved: SavedBoosted) -> Result<Self, String> {
        if !saved.base_score.is_finite() {
            return Err("the base score is not finite".to_owned());
        }
        let mut trees = Vec::with_capacity(saved.trees.len());
        for (tree, number) in saved.trees.into_iter().zip(1..) {
            let tree = Tree::new(tree).ok_or_else(|| format!("tree {number} is not usable"))?;
            trees.push(tree);
        }
        Ok(Self::new(saved.base_score, trees))
    }
}

#[cfg(test)]
#[path = "boosted_tests.rs"]
mod tests;
