//! What is decided before fitting, and fitting with it.

use std::collections::BTreeMap;

use super::{
    Algorithm, BOOSTERS, Boosted, BoostedChoice, Ensemble, FitError, L2, Logistic, Model,
    SPLINE_SHARE, Spline, SplineChoice,
    fitting::Start,
    row::Rows,
    tune::{self, Inner},
};

/// Names and values of what was chosen.
pub type Hyperparameters = BTreeMap<String, f64>;

/// The hyperparameters of one kind of model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Choice {
    Logistic,
    Spline(SplineChoice),
    Boosted(BoostedChoice),
    Ensemble(SplineChoice, BoostedChoice),
}

impl Choice {
    /// The choice with the least loss over these folds.
    pub(crate) fn search(algorithm: Algorithm, folds: &[Inner]) -> Result<Self, FitError> {
        Ok(match algorithm {
            Algorithm::Logistic => Self::Logistic,
            Algorithm::Spline => Self::Spline(tune::spline(folds)?),
            Algorithm::Boosted => Self::Boosted(tune::boosted(folds)?),
            Algorithm::Ensemble => Self::Ensemble(tune::spline(folds)?, tune::boosted(folds)?),
        })
    }

    /// Fits prepared rows.
    pub(crate) fn fit(
        self,
        start: Start,
        rows: &Rows,
        outcomes: &[bool],
    ) -> Result<Model, FitError> {
        let spline = |choice| Spline::fit_from(start, rows, outcomes, choice);
        let boosted = |choice, seed| Boosted::fit(rows.measured.view(), outcomes, choice, seed);
        Ok(match self {
            Self::Logistic => Model::Logistic(Logistic::fit(rows.standard.view(), outcomes)?),
            Self::Spline(choice) => Model::Spline(spline(choice)?),
            Self::Boosted(choice) => Model::Boosted(boosted(choice, 0)?),
            Self::Ensemble(of_spline, of_boosters) => {
                let boosters = (0..BOOSTERS).map(|seed| boosted(of_boosters, seed));
                Model::Ensemble(Ensemble::new(
                    spline(of_spline)?,
                    boosters.collect::<Result<_, _>>()?,
                ))
            }
        })
    }

    /// The score of every row by a model that was not fitted on it, with its outcome.
    pub(crate) fn out_of_fold(self, folds: &[Inner]) -> Result<(Vec<f64>, Vec<bool>), FitError> {
        let (mut scores, mut outcomes) = (Vec::new(), Vec::new());
        for fold in folds {
            let model = self.fit(Start::Zero, &fold.train, &fold.train_outcomes)?;
            scores.extend(fold.test.iter().map(|row| model.log_odds(&row)));
            outcomes.extend_from_slice(&fold.test_outcomes);
        }
        Ok((scores, outcomes))
    }

    /// Names and values for the manifest.
    pub(crate) fn named(self) -> Hyperparameters {
        match self {
            Self::Logistic => [("l2".to_owned(), L2)].into(),
            Self::Spline(choice) => choice.named(),
            Self::Boosted(choice) => choice.named(),
            Self::Ensemble(of_spline, of_boosters) => {
                let mut named = of_spline.named();
                named.extend(of_boosters.named());
                named.insert("spline_share".to_owned(), SPLINE_SHARE);
                named.insert("boosters".to_owned(), BOOSTERS as f64);
                named
            }
        }
    }
}
