//! The choices before fitting, by cross-validation inside the rows that are given.
//!
//! Nothing outside these rows is looked at, so a fold of an outer cross-validation searches anew
//! on its own training part: the figures include what the search costs.

use ndarray::{ArrayView2, Axis};

use crate::stats::{log_loss, stratified};

use super::{
    Boosted, BoostedChoice, Spline, SplineChoice,
    choice::Hyperparameters,
    fitting::{FitError, Start},
    preprocess::Preprocessor,
    probability,
    row::Rows,
};

/// Folds of a search.
const FOLDS: usize = 5;

/// Seed of the folds of a search; no outer cut has it.
const SEED: u64 = 1_000;

const KNOTS: [usize; 2] = [3, 5];
const L2: [f64; 2] = [3.0, 1.0];
const INDICATORS: [bool; 2] = [false, true];
const TREES: [usize; 6] = [60, 90, 120, 160, 200, 240];

/// Training and test part of one fold of a search.
pub(crate) struct Inner {
    pub(super) train: Rows,
    pub(super) train_outcomes: Vec<bool>,
    pub(super) test: Rows,
    pub(super) test_outcomes: Vec<bool>,
}

/// Cuts the rows, with everything that is fitted before a model fitted on the training parts.
pub(crate) fn inner_folds(
    rows: ArrayView2<'_, f64>,
    outcomes: &[bool],
) -> Result<Vec<Inner>, FitError> {
    let select = |positions: &[usize]| {
        let outcomes: Vec<bool> = positions.iter().map(|i| outcomes[*i]).collect();
        (rows.select(Axis(0), positions), outcomes)
    };
    let folds = stratified(outcomes, FOLDS, SEED)?;
    let prepared = folds.iter().map(|fold| {
        let ((train, train_outcomes), (test, test_outcomes)) =
            (select(&fold.train), select(&fold.test));
        let preprocessor = Preprocessor::fit(train.view())?;
        let (train, test) = (preprocessor.prepare(train)?, preprocessor.prepare(test)?);
        Ok(Inner { train, train_outcomes, test, test_outcomes })
    });
    prepared.collect()
}

/// The choice for a spline with the least log loss; of equals the first, which is the simplest.
pub(super) fn spline(folds: &[Inner]) -> Result<SplineChoice, FitError> {
    let mut best = (f64::INFINITY, SplineChoice { knots: 3, l2: 3.0, indicators: false });
    for indicators in INDICATORS {
        for knots in KNOTS {
            for l2 in L2 {
                let choice = SplineChoice { knots, l2, indicators };
                let mut loss = 0.0;
                for fold in folds {
                    let spline =
                        Spline::fit_from(Start::Zero, &fold.train, &fold.train_outcomes, choice)?;
                    let score = fold.test.iter().map(|row| probability(spline.log_odds(&row)));
                    loss += log_loss(&score.collect::<Vec<_>>(), &fold.test_outcomes);
                }
                if loss < best.0 {
                    best = (loss, choice);
                }
            }
        }
    }
    Ok(best.1)
}

/// The number of trees with the least log loss: one fit per fold, scored after every stage.
pub(super) fn boosted(folds: &[Inner]) -> Result<BoostedChoice, FitError> {
    let mut losses = [0.0; TREES.len()];
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
    let best = (0..TREES.len()).min_by(|a, b| losses[*a].total_cmp(&losses[*b])).unwrap_or(0);
    Ok(BoostedChoice { trees: TREES[best], ..BoostedChoice::DEFAULT })
}

impl SplineChoice {
    /// Names and values for the manifest.
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
    /// Names and values for the manifest.
    pub(super) fn named(self) -> Hyperparameters {
        // Through text: 0.05 as single precision is 0.05000000074505806.
        let number = |value: f32| value.to_string().parse().unwrap_or(f64::from(value));
        [
            ("boosted_trees".to_owned(), self.trees as f64),
            ("boosted_learning_rate".to_owned(), number(self.learning_rate)),
            ("boosted_l2".to_owned(), number(self.l2)),
            ("boosted_min_leaf_weight".to_owned(), number(self.min_leaf_weight)),
            ("boosted_subsample".to_owned(), number(self.subsample)),
            ("boosted_features".to_owned(), self.features),
        ]
        .into()
    }
}
