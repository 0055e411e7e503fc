//! Repeated stratified cross-validation, with everything fitted inside the folds.

use std::{
    num::NonZero,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use indicatif::ProgressBar;
use thiserror::Error;

use crate::{
    model::{Algorithm, FitError},
    pipeline::{Fitted, Pipeline},
    registry::{Figures, SavedModel, Spread},
    stats::{
        Fold, TooFew, brier, calibration_error, deviation, log_loss, mean, probability, roc_auc,
        round, stratified,
    },
};

use super::dataset::Dataset;

/// Decimals kept of a figure.
const DECIMALS: i32 = 6;

/// Number of folds and repeats of a cross-validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protocol {
    /// Folds of each repeat.
    pub folds: usize,
    /// Repeats, each with another split; seeds from 0.
    pub repeats: u64,
}

impl Protocol {
    /// 5-fold cross-validation, repeated 10 times with the seeds 0 to 9.
    pub const FULL: Self = Self { folds: 5, repeats: 10 };
}

/// The result of a cross-validation.
#[derive(Debug, Clone, PartialEq)]
pub struct Validation {
    /// The summary.
    pub figures: Figures,
    /// The out-of-fold predictions of every row, in the order of the data, by repeat.
    pub repeats: Vec<Vec<OutOfFold>>,
}

/// The prediction of a row by a model that was not fitted on it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct OutOfFold {
    /// Probability of the positive outcome.
    pub probability: f64,
    /// Conformal p-values of the negative and of the positive outcome.
    pub p_values: [f64; 2],
}

/// An error of cross-validation.
#[derive(Debug, Error)]
pub enum ValidationError {
    /// The data has too few rows for the folds.
    #[error(transparent)]
    Folds(#[from] TooFew),
    /// A fold can't be fitted.
    #[error("seed {seed}, fold {fold}: {source}")]
    Fit {
        /// Seed of the repeat.
        seed: u64,
        /// Number of the fold, from 1.
        fold: usize,
        /// The error of fitting.
        source: FitError,
    },
}

/// Runs the protocol on all processors. The result does not depend on their number. `progress`
/// advances by one step per fold.
///
/// # Errors
/// The data has too few rows for the folds, or a fold can't be fitted.
pub fn cross_validate(
    data: &Dataset,
    algorithm: Algorithm,
    protocol: Protocol,
    progress: &ProgressBar,
) -> Result<Validation, ValidationError> {
    // One job per fold of every repeat.
    let mut jobs = Vec::new();
    for seed in 0..protocol.repeats {
        let folds = stratified(&data.outcomes, protocol.folds, seed)?;
        jobs.extend((1..).zip(folds).map(|(number, fold)| (seed, number, fold)));
    }
    let results = run_parallel(&jobs, |(seed, fold, parts)| {
        let scored = score_fold(data, algorithm, parts);
        progress.inc(1);
        scored.map_err(|source| ValidationError::Fit { seed: *seed, fold: *fold, source })
    });

    // Collect in the order of the jobs, not in the order they finished.
    let mut scores = Scores::default();
    let mut repeats =
        vec![vec![OutOfFold::default(); data.outcomes.len()]; protocol.repeats as usize];
    for ((seed, _, fold), scored) in jobs.iter().zip(results) {
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

/// Runs `work` for every item on all processors. Returns the results in the order of the items.
pub(super) fn run_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let mut results: Vec<(usize, R)> = thread::scope(|scope| {
        let workers: Vec<_> =
            (0..threads).map(|_| scope.spawn(|| run_worker(items, &next, &work))).collect();
        let mut results = Vec::with_capacity(items.len());
        for worker in workers {
            match worker.join() {
                Ok(part) => results.extend(part),
                // A panic of a worker is one of the caller.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    });
    // Workers take items in turn, so their results are interleaved.
    results.sort_unstable_by_key(|(position, _)| *position);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Takes items until none is left. Returns their positions and results.
fn run_worker<T, R>(items: &[T], next: &AtomicUsize, work: &impl Fn(&T) -> R) -> Vec<(usize, R)> {
    let mut results = Vec::new();
    loop {
        let position = next.fetch_add(1, Ordering::Relaxed);
        let Some(item) = items.get(position) else { return results };
        results.push((position, work(item)));
    }
}

/// Scores the test rows of a fold, in their order.
fn score_fold(
    data: &Dataset,
    algorithm: Algorithm,
    fold: &Fold,
) -> Result<Vec<OutOfFold>, FitError> {
    // Everything that is learned from data, the hyperparameters included, comes from the other
    // folds.
    let Fitted { pipeline, conformal, .. } = fit_fold(data, algorithm, fold)?;
    let (rows, _) = data.select(&fold.test);
    let scores = pipeline.scores(rows.view())?.into_iter();
    let predictions = scores.map(|score| OutOfFold {
        probability: probability(score),
        p_values: conformal.p_values(score),
    });
    Ok(predictions.collect())
}

/// Scores a saved version on data that it was not trained on: one repeat of one fold.
///
/// # Errors
/// The rows have another width than the fitted ones.
pub fn score_saved(saved: &SavedModel, data: &Dataset) -> Result<Validation, FitError> {
    let scores = saved.pipeline.scores(data.rows.view())?.into_iter();
    let rows: Vec<OutOfFold> = scores
        .map(|score| OutOfFold {
            probability: probability(score),
            p_values: saved.conformal.p_values(score),
        })
        .collect();
    let mut all = Scores::default();
    let probabilities: Vec<f64> = rows.iter().map(|row| row.probability).collect();
    all.add(&probabilities, &data.outcomes);
    Ok(Validation { figures: all.figures(Protocol { folds: 1, repeats: 1 }), repeats: vec![rows] })
}

/// Fits on the training rows of a fold only.
fn fit_fold(data: &Dataset, algorithm: Algorithm, fold: &Fold) -> Result<Fitted, FitError> {
    let (rows, outcomes) = data.select(&fold.train);
    Pipeline::fit(algorithm, rows.view(), &outcomes)
}

/// The measures and out-of-fold predictions of the folds, in order.
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
        // Every repeat contains each row once, so all repeats have the same length.
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
    let sd_repeats =
        if of_repeats.len() > 1 { Some(round(deviation(&of_repeats), DECIMALS)) } else { None };
    Spread {
        mean: round(mean(of_folds.iter().copied()), DECIMALS),
        sd_folds: round(deviation(of_folds), DECIMALS),
        sd_repeats,
    }
}

#[cfg(test)]
#[path = "cross_validation_tests.rs"]
mod tests;
