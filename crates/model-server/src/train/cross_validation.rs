//! Repeated stratified cross-validation, with everything fitted inside the folds.

use std::{
    num::NonZero,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use crate::{
    model::{Algorithm, FitError, probability, round},
    pipeline::{Fitted, Pipeline},
    stats::{
        Fold, TooFew, brier, calibration_error, deviation, log_loss, mean, roc_auc, stratified,
    },
};

use super::dataset::Dataset;

/// Decimals that are kept of a figure.
const DECIMALS: i32 = 6;

/// How often the data is cut, and in how many folds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protocol {
    /// Folds of each cut.
    pub folds: usize,
    /// Cuts, with the seeds 0, 1, 2 and so on.
    pub repeats: u64,
}

impl Protocol {
    /// 10 times repeated 5-fold cross-validation, seeds 0 to 9.
    pub const FULL: Self = Self { folds: 5, repeats: 10 };
}

/// A figure with its spread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// Mean over all folds of all repeats.
    pub mean: f64,
    /// Standard deviation over all folds of all repeats: what another sample would do.
    pub sd_folds: f64,
    /// Standard deviation over the means of the repeats: what another cut would do. Absent when
    /// there is only one.
    pub sd_repeats: Option<f64>,
}

/// The figures of one model under one protocol.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Folds of each cut.
    pub folds: usize,
    /// Cuts.
    pub repeats: u64,
    /// Area under the ROC curve.
    pub roc_auc: Spread,
    /// Brier score.
    pub brier: Spread,
    /// Log loss, natural logarithm.
    pub log_loss: Spread,
    /// Expected calibration error over 10 bins: the out-of-fold probabilities of a repeat pooled,
    /// then the mean over the repeats.
    pub calibration_error: f64,
    /// The same over the probabilities of all repeats pooled.
    pub calibration_error_pooled: f64,
}

/// What cross-validation says about a kind of model.
#[derive(Debug, Clone, PartialEq)]
pub struct Validation {
    /// The summary.
    pub figures: Figures,
    /// One entry per cut: every row of the data, in its order, by a model that did not see it.
    pub repeats: Vec<Vec<OutOfFold>>,
}

/// What a model that did not see a row says about it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct OutOfFold {
    /// Probability of the positive outcome.
    pub probability: f64,
    /// Conformal p-values of the negative and of the positive outcome.
    pub p_values: [f64; 2],
}

/// Why a model could not be validated.
#[derive(Debug, Error)]
pub enum ValidationError {
    /// The data can't be cut.
    #[error(transparent)]
    Folds(#[from] TooFew),
    /// A fold could not be fitted.
    #[error("seed {seed}, fold {fold}: {source}")]
    Fit {
        /// Seed of the cut.
        seed: u64,
        /// Number of the fold, from 1.
        fold: usize,
        /// What went wrong.
        source: FitError,
    },
}

/// Runs the protocol, on as many threads as there are processors; what it finds doesn't depend
/// on how many that is. `progress` goes one step per fold.
///
/// # Errors
/// Data that can't be cut in so many folds, or a fold that can't be fitted.
pub fn cross_validate(
    data: &Dataset,
    algorithm: Algorithm,
    protocol: Protocol,
    progress: &ProgressBar,
) -> Result<Validation, ValidationError> {
    let mut jobs = Vec::new();
    for seed in 0..protocol.repeats {
        let folds = stratified(&data.outcomes, protocol.folds, seed)?;
        jobs.extend((1..).zip(folds).map(|(number, fold)| (seed, number, fold)));
    }
    let score = |(seed, fold, parts): &(u64, usize, Fold)| {
        let scored = score_fold(data, algorithm, parts);
        progress.inc(1);
        scored.map_err(|source| ValidationError::Fit { seed: *seed, fold: *fold, source })
    };
    let mut scores = Scores::default();
    let mut repeats =
        vec![vec![OutOfFold::default(); data.outcomes.len()]; protocol.repeats as usize];
    for ((seed, _, fold), scored) in jobs.iter().zip(in_order(&jobs, score)) {
        let scored = scored?;
        let outcomes: Vec<bool> = fold.test.iter().map(|row| data.outcomes[*row]).collect();
        let probabilities: Vec<f64> = scored.iter().map(|row| row.probability).collect();
        scores.add(&probabilities, &outcomes);
        for (row, found) in fold.test.iter().zip(scored) {
            repeats[*seed as usize][*row] = found;
        }
    }
    Ok(Validation { figures: scores.figures(protocol), repeats })
}

/// Works on every item, several at a time, and gives the results in the items' order.
fn in_order<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let (next, work) = (AtomicUsize::new(0), &work);
    let run = || {
        let mine = std::iter::from_fn(|| {
            let at = next.fetch_add(1, Ordering::Relaxed);
            items.get(at).map(|item| (at, work(item)))
        });
        mine.collect::<Vec<_>>()
    };
    let mut results: Vec<(usize, R)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, _>| match worker.join() {
            Ok(results) => results,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        workers.into_iter().flat_map(join).collect()
    });
    results.sort_unstable_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

/// What a fold's test part is scored, in its order.
fn score_fold(
    data: &Dataset,
    algorithm: Algorithm,
    fold: &Fold,
) -> Result<Vec<OutOfFold>, FitError> {
    let Fitted { pipeline, conformal, .. } = fit_fold(data, algorithm, fold)?;
    let (rows, _) = data.select(&fold.test);
    let scores = pipeline.scores(rows.view())?.into_iter();
    let judge =
        |score| OutOfFold { probability: probability(score), p_values: conformal.p_values(score) };
    Ok(scores.map(judge).collect())
}

/// Fits on the training part of a fold and on nothing else.
fn fit_fold(data: &Dataset, algorithm: Algorithm, fold: &Fold) -> Result<Fitted, FitError> {
    let (rows, outcomes) = data.select(&fold.train);
    Pipeline::fit(algorithm, rows.view(), &outcomes)
}

/// What every fold scored, in order.
#[derive(Default)]
struct Scores {
    roc_auc: Vec<f64>,
    brier: Vec<f64>,
    log_loss: Vec<f64>,
    probabilities: Vec<f64>,
    outcomes: Vec<bool>,
}

impl Scores {
    fn add(&mut self, probabilities: &[f64], outcomes: &[bool]) {
        self.roc_auc.push(roc_auc(probabilities, outcomes));
        self.brier.push(brier(probabilities, outcomes));
        self.log_loss.push(log_loss(probabilities, outcomes));
        self.probabilities.extend_from_slice(probabilities);
        self.outcomes.extend_from_slice(outcomes);
    }

    fn figures(&self, protocol: Protocol) -> Figures {
        let Protocol { folds, repeats } = protocol;
        // Every repeat holds each row once, so all repeats are of one length.
        let rows = (self.outcomes.len() / repeats.max(1) as usize).max(1);
        let pooled = self.probabilities.chunks(rows).zip(self.outcomes.chunks(rows));
        let error = mean(pooled.map(|(p, y)| calibration_error(p, y)));
        Figures {
            folds,
            repeats,
            roc_auc: spread(&self.roc_auc, folds),
            brier: spread(&self.brier, folds),
            log_loss: spread(&self.log_loss, folds),
            calibration_error: round(error, DECIMALS),
            calibration_error_pooled: round(
                calibration_error(&self.probabilities, &self.outcomes),
                DECIMALS,
            ),
        }
    }
}

fn spread(of_folds: &[f64], folds: usize) -> Spread {
    let of_repeats: Vec<f64> =
        of_folds.chunks(folds).map(|repeat| mean(repeat.iter().copied())).collect();
    Spread {
        mean: round(mean(of_folds.iter().copied()), DECIMALS),
        sd_folds: round(deviation(of_folds), DECIMALS),
        sd_repeats: (of_repeats.len() > 1).then(|| round(deviation(&of_repeats), DECIMALS)),
    }
}

#[cfg(test)]
#[path = "cross_validation_tests.rs"]
mod tests;
