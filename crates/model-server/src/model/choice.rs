//! Hyperparameters: their search, and fitting with them.

use super::{
    Algorithm, BOOSTERS, Boosted, BoostedChoice, Ensemble, FitError, L2, Logistic, Model,
    SPLINE_SHARE, Spline, SplineChoice,
    fitting::Start,
    hyperparameters::Hyperparameters,
    row::Rows,
    tune::{self, InnerFold},
};

/// The hyperparameters of one kind of model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Choice {
    Logistic,
    Spline(SplineChoice),
    Boosted(BoostedChoice),
    Ensemble(SplineChoice, BoostedChoice),
}

impl Choice {
    /// Searches the hyperparameters with the least loss over the folds.
    pub(crate) fn search(algorithm: Algorithm, folds: &[InnerFold]) -> Result<Self, FitError> {
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
        Ok(match self {
            Self::Logistic => Model::Logistic(Logistic::fit(rows.standard.view(), outcomes)?),
            Self::Spline(choice) => Model::Spline(Spline::fit_from(start, rows, outcomes, choice)?),
            Self::Boosted(choice) => {
                Model::Boosted(Boosted::fit(rows.measured.view(), outcomes, choice, 0)?)
            }
            Self::Ensemble(spline, boosted) => {
                let spline = Spline::fit_from(start, rows, outcomes, spline)?;
                // Boosters with other seeds make other errors, which the mean evens out.
                let boosters = (0..BOOSTERS)
                    .map(|seed| Boosted::fit(rows.measured.view(), outcomes, boosted, seed))
                    .collect::<Result<_, _>>()?;
                Model::Ensemble(Ensemble::new(spline, boosters))
            }
        })
    }

    /// Scores every row by a model that was not fitted on it. Returns scores and outcomes.
    pub(crate) fn out_of_fold(
        self,
        folds: &[InnerFold],
    ) -> Result<(Vec<f64>, Vec<bool>), FitError> {
        let mut scores = Vec::new();
        let mut outcomes = Vec::new();
        for fold in folds {
            // These models are discarded: the fast start is enough.
            let model = self.fit(Start::Zero, &fold.train, &fold.train_outcomes)?;
            scores.extend(fold.test.iter().map(|row| model.log_odds(&row)));
            outcomes.extend_from_slice(&fold.test_outcomes);
        }
        Ok((scores, outcomes))
    }

    /// The hyperparameters by name, for the manifest.
    pub(crate) fn named(self) -> Hyperparameters {
        match self {
            Self::Logistic => [("l2".to_owned(), L2)].into(),
            Self::Spline(choice) => choice.named(),
            Self::Boosted(choice) => choice.named(),
            Self::Ensemble(spline, boosted) => {
                let mut named = spline.named();
                named.extend(boosted.named());
                named.insert("spline_share".to_owned(), SPLINE_SHARE);
                named.insert("boosters".to_owned(), BOOSTERS as f64);
                named
            }
        }
    }
}
