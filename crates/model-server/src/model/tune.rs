//! Hyperparameter search by cross-validation inside the training rows (nested cross-validation).
//!
//! The search uses these rows only, so every fold of an outer cross-validation searches on its own
//! training part, and the figures include the cost of the search.

use ndarray::{ArrayView2, Axis};

use crate::stats::{log_loss, probability, stratified};

use super::{
    Boosted, BoostedChoice, Spline, SplineChoice,
    fitting::{FitError, Start},
    hyperparameters::Hyperparameters,
    preprocess::Preprocessor,
    row::Rows,
};

/// Folds of a search.
const FOLDS: usize = 5;

/// Seed of the folds of a search; no outer split uses it.
const SEED: u64 = 1_000;

/// Grid of the spline's knots per feature.
const KNOTS: [usize; 2] = [4, 5];
/// Grid of the spline's penalty, the strongest first.
const L2: [f64; 2] = [10.0, 5.0];
/// Grid of the spline's indicators of "not measured".
const INDICATORS: [bool; 2] = [false, true];
/// Grid of the number of trees.
const TREES: [usize; 6] = [60, 90, 120, 160, 200, 240];

/// The prepared training and test part of one fold of a search.
pub(crate) struct InnerFold {
    pub(super) train: Rows,
    pub(super) train_outcomes: Vec<bool>,
    pub(super) test: Rows,
    pub(super) test_outcomes: Vec<bool>,
}

/// Splits the rows into folds. The preprocessor of each fold is fitted on its training part.
pub(crate) fn inner_folds(
    rows: ArrayView2<'_, f64>,
    outcomes: &[bool],
) -> Result<Vec<InnerFold>, FitError> {
    let folds = stratified(outcomes, FOLDS, SEED)?;
    let prepared = folds.iter().map(|fold| {
        let train = rows.select(Axis(0), &fold.train);
        let test = rows.select(Axis(0), &fold.test);
        // Fitted on the training part only, as a model of this fold would be.
        let preprocessor = Preprocessor::fit(train.view())?;
        Ok(InnerFold {
            train: preprocessor.prepare(train)?,
            train_outcomes: fold.train.iter().map(|i| outcomes[*i]).collect(),
            test: preprocessor.prepare(test)?,
            test_outcomes: fold.test.iter().map(|i| outcomes[*i]).collect(),
        })
    });
    prepared.collect()
}

/// Searches the spline with the least log loss; of equals the first, which is the simplest.
pub(super) fn spline(folds: &[InnerFold]) -> Result<SplineChoice, FitError> {
    let mut best = (f64::INFINITY, SplineChoice { knots: KNOTS[0], l2: L2[0], indicators: false });
    // From the simplest choice to the most flexible one.
    for indicators in INDICATORS {
        for knots in KNOTS {
            for l2 in L2 {
                let choice = SplineChoice { knots, l2, indicators };
                let loss = spline_loss(folds, choice)?;
                if loss < best.0 {
                    best = (loss, choice);
                }
            }
        }
    }
    Ok(best.1)
}

fn spline_loss(folds: &[InnerFold], choice: SplineChoice) -> Result<f64, FitError> {
    let mut loss = 0.0;
    for fold in folds {
        let spline = Spline::fit_from(Start::Zero, &fold.train, &fold.train_outcomes, choice)?;
        let probabilities: Vec<f64> =
            fold.test.iter().map(|row| probability(spline.log_odds(&row))).collect();
        loss += log_loss(&probabilities, &fold.test_outcomes);
    }
    Ok(loss)
}

/// Searches the number of trees with the least log loss: one fit per fold, scored at every stage of
/// the grid.
pub(super) fn boosted(folds: &[InnerFold]) -> Result<BoostedChoice, FitError> {
    let mut losses = [0.0; TREES.len()];
    // The longest run contains all shorter ones as its stages.
    let longest = BoostedChoice { trees: TREES[TREES.len() - 1], ..BoostedChoice::DEFAULT };
    for fold in folds {
        let rows = fold.train.measured.view();
        let boosted = Boosted::fit(rows, &fold.train_outcomes, longest, SEED)?;
        let staged: Vec<Vec<f64>> =
            fold.test.iter().map(|row| boosted.staged(&row.measured, &TREES)).collect();
        for (stage, loss) in losses.iter_mut().enumerate() {
            let scores: Vec<f64> = staged.iter().map(|s| probability(s[stage])).collect();
            *loss += log_loss(&scores, &fold.test_outcomes);
        }
    }
    // Of equal losses, `min_by` returns the first: the fewest trees.
    let best = (0..TREES.len()).min_by(|a, b| losses[*a].total_cmp(&losses[*b])).unwrap_or(0);
    Ok(BoostedChoice { trees: TREES[best], ..BoostedChoice::DEFAULT })
}

impl SplineChoice {
    /// The hyperparameters by name, for the manifest.
    pub(super) fn named(self) -> Hyperparameters {
        let indicators = f64::from(u8::from(self.indicators));
        [
            ("spline_knots".to_owned(), self.knots as f64),
            ("spline_l2".to_owned(), self.l2),
            ("spline_indicators".to_owned(), indicators),
        ]
        .into()
    }
}

impl BoostedChoice {
    /// The hyperparameters by name, for the manifest.
    pub(super) fn named(self) -> Hyperparameters {
        [
            ("boosted_trees".to_owned(), self.trees as f64),
            ("boosted_learning_rate".to_owned(), decimal(self.learning_rate)),
            ("boosted_l2".to_owned(), decimal(self.l2)),
            ("boosted_min_leaf_weight".to_owned(), decimal(self.min_leaf_weight)),
            ("boosted_subsample".to_owned(), decimal(self.subsample)),
            ("boosted_features".to_owned(), self.features),
        ]
        .into()
    }
}

/// Converts through text: 0.05 in single precision is 0.05000000074505806 in double precision.
fn decimal(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}
