//! Gradient boosted trees, fitted by `forust-ml`, that can't learn nonsense: more glucose, weight,
//! age, pregnancies or affected relatives never lower the risk. A missing value is split on as it
//! is. The fitted trees are kept in a form of our own, see [`super::tree`].

use std::collections::HashMap;

use forust_ml::{
    GradientBooster, Matrix, constraints::Constraint, sampler::SampleMethod,
    tree::Tree as FittedTree,
};
use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use vitals_core::domain::features::{FEATURE_COUNT, FEATURES};

use super::{
    fitting::FitError,
    round,
    tree::{SavedTree, Split, Tree},
};

/// Features that may only raise the risk.
const RAISING: [&str; 5] = ["pregnancies", "glucose", "bmi", "diabetes_pedigree_function", "age"];

/// Decimals that are kept of leaves and base score (log-odds), thresholds and covers.
const DECIMALS: i32 = 6;

/// Splits from root to leaf.
const DEPTH: usize = 2;

/// What is chosen before fitting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoostedChoice {
    /// Number of trees.
    pub trees: usize,
    /// Share of a tree's step that is taken.
    pub learning_rate: f32,
    /// L2 penalty on the leaves.
    pub l2: f32,
    /// Least sum of hessians in a leaf.
    pub min_leaf_weight: f32,
    /// Share of the rows that each tree is fitted on.
    pub subsample: f32,
    /// Share of the features that each tree may use.
    pub features: f64,
}

impl BoostedChoice {
    /// Everything but the number of trees, which is searched for.
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
#[serde(try_from = "Fields", into = "Fields")]
pub struct Boosted {
    base_score: f64,
    trees: Vec<Tree>,
    base_value: f64,
}

impl Boosted {
    /// Fits rows in the features' units, NaN for "not measured".
    ///
    /// # Errors
    /// Not eight columns, a feature that is the same in every row, or trees of another shape.
    pub fn fit(
        rows: ArrayView2<'_, f64>,
        outcomes: &[bool],
        choice: BoostedChoice,
        seed: u64,
    ) -> Result<Self, FitError> {
        if rows.ncols() != FEATURE_COUNT {
            return Err(FitError::Columns(rows.ncols()));
        }
        let by_column: Vec<f64> = rows.t().iter().copied().collect();
        let outcomes: Vec<f64> = outcomes.iter().map(|o| f64::from(u8::from(*o))).collect();
        let mut booster = booster(choice, seed);
        let matrix = Matrix::new(&by_column, rows.nrows(), FEATURE_COUNT);
        booster.fit_unweighted(&matrix, &outcomes, None)?;
        let trees = booster.trees.iter().map(keep).collect::<Option<Vec<_>>>();
        let base_score = round(booster.base_score, DECIMALS);
        trees.map(|trees| Self::new(base_score, trees)).ok_or(FitError::TreeShape)
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

    /// The score after so many trees, for several numbers of trees in ascending order.
    pub(super) fn staged(&self, row: &[f64; FEATURE_COUNT], stages: &[usize]) -> Vec<f64> {
        let mut score = self.base_score;
        let (mut scores, mut done) = (Vec::with_capacity(stages.len()), 0);
        for stage in stages {
            let stop = (*stage).min(self.trees.len());
            score += self.trees[done..stop].iter().map(|tree| tree.value(row)).sum::<f64>();
            done = stop;
            scores.push(score);
        }
        scores
    }

    /// The mean score, weighted by cover, in log-odds.
    #[must_use]
    pub fn base_value(&self) -> f64 {
        self.base_value
    }

    /// What each feature adds to the base value, in log-odds.
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
    let raising = |name| FEATURES.iter().position(|feature| feature.name == name);
    let constraints: HashMap<usize, Constraint> = RAISING
        .iter()
        .filter_map(|name| raising(*name))
        .map(|j| (j, Constraint::Positive))
        .collect();
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
        // Sums in another order could end in another tree.
        .set_parallel(false)
        .set_seed(seed)
}

/// A fitted tree in the form that is kept. `None` when it is not of that form.
fn keep(tree: &FittedTree) -> Option<Tree> {
    let [left, right] = sides(tree, 0)?;
    let [[a, b], [c, d]] = [sides(tree, left)?, sides(tree, right)?];
    let leaves = [a, b, c, d];
    let mut saved = SavedTree {
        splits: [split(tree, 0)?, split(tree, left)?, split(tree, right)?],
        leaves: [0.0; 4],
        covers: [0.0; 4],
    };
    for (i, leaf) in leaves.iter().enumerate() {
        let node = tree.nodes.get(*leaf).filter(|node| node.is_leaf)?;
        // A leaf that stands for both sides of a split that is not there is covered once.
        let sides = leaves.iter().filter(|other| *other == leaf).count();
        saved.leaves[i] = round(f64::from(node.weight_value), DECIMALS);
        saved.covers[i] = round(f64::from(node.hessian_sum) / sides as f64, DECIMALS);
    }
    put_in_order(&mut saved);
    Tree::new(saved)
}

/// Cuts the leaves on both sides of a root that may only raise the risk at the middle between the
/// sides' means.
///
/// The library keeps the sides in order as a whole. Where a side is split again on another
/// feature, one of its leaves could still be on the wrong side of one of the other's, and a person
/// between them would be called healthier for a higher value.
fn put_in_order(tree: &mut SavedTree) {
    let raising = |split: Split| FEATURES.get(split.0).is_some_and(|f| RAISING.contains(&f.name));
    if !tree.splits[0].is_some_and(raising) {
        return;
    }
    let mean = |side: [usize; 2]| {
        let cover: f64 = side.iter().map(|i| tree.covers[*i]).sum();
        side.iter().map(|i| tree.leaves[*i] * tree.covers[*i]).sum::<f64>() / cover
    };
    let middle = round((mean([0, 1]) + mean([2, 3])) / 2.0, DECIMALS);
    let [low @ .., third, fourth] = &mut tree.leaves;
    for leaf in low {
        *leaf = leaf.min(middle);
    }
    for leaf in [third, fourth] {
        *leaf = leaf.max(middle);
    }
}

/// The children of a node, or twice itself when it is a leaf.
fn sides(tree: &FittedTree, at: usize) -> Option<[usize; 2]> {
    let node = tree.nodes.get(at)?;
    Some(if node.is_leaf { [at; 2] } else { [node.left_child, node.right_child] })
}

fn split(tree: &FittedTree, at: usize) -> Option<Option<Split>> {
    let node = tree.nodes.get(at)?;
    if node.is_leaf {
        return Some(None);
    }
    let missing_left = node.missing_node == node.left_child;
    (missing_left || node.missing_node == node.right_child)
        .then(|| Some(Split(node.split_feature, round(node.split_value, DECIMALS), missing_left)))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    base_score: f64,
    trees: Vec<SavedTree>,
}

impl From<Boosted> for Fields {
    fn from(boosted: Boosted) -> Self {
        let trees = boosted.trees.iter().map(|tree| tree.saved().clone()).collect();
        Self { base_score: boosted.base_score, trees }
    }
}

impl TryFrom<Fields> for Boosted {
    type Error = String;

    fn try_from(fields: Fields) -> Result<Self, String> {
        if !fields.base_score.is_finite() {
            return Err("the base score is not finite".to_owned());
        }
        let numbered = fields.trees.into_iter().zip(1..);
        let trees = numbered
            .map(|(tree, n)| Tree::new(tree).ok_or(format!("tree {n} can't be calculated with")))
            .collect::<Result<_, _>>()?;
        Ok(Self::new(fields.base_score, trees))
    }
}

#[cfg(test)]
#[path = "boosted_tests.rs"]
mod tests;
