//! Calibration: predicted probabilities compared with observed shares.

use serde::Serialize;

use crate::{
    model::Calibration,
    stats::{CALIBRATION_BINS, mean},
};

use super::{
    intervals::{Evidence, Interval, interval},
    rounded::rounded,
};

/// Minimum rows of a bin in a refit for the bin's interval.
const MIN_ROWS: usize = 5;

/// The calibration of the probabilities of single fits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalibrationFigures {
    /// Slope of a logistic regression of the outcome on the out-of-fold log-odds, mean over the
    /// repeats: 1 is best, below 1 overconfident, above 1 underconfident.
    pub slope: f64,
    /// Intercept of the same regression: 0 is best.
    pub intercept: f64,
    /// Mean probability over observed share: 1 is best.
    pub expected_over_observed: f64,
    /// Expected calibration error over 10 bins, mean over the repeats.
    pub ece: f64,
    /// The tenth of the women with the highest probabilities.
    pub top_tenth: TopTenth,
    /// One entry per non-empty bin of equal width, over all repeats.
    pub curve: Vec<CalibrationBin>,
}

/// The tenth of the women with the highest probabilities, mean over the repeats.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopTenth {
    /// Rows per repeat.
    pub rows: usize,
    /// Mean probability.
    pub predicted: f64,
    /// Share of women with diabetes.
    pub observed: Interval,
}

/// The rows whose probability is in one bin.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalibrationBin {
    /// Mean probability.
    pub predicted: f64,
    /// Share of positive rows.
    pub observed: f64,
    /// Lower end of the observed share's 95 % interval over the resamples.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Rows per repeat, on average.
    pub rows: f64,
}

/// A row's probability and outcome.
type Scored = (f64, bool);

impl CalibrationFigures {
    pub(super) fn of(evidence: &Evidence<'_>) -> Self {
        let repeats = repeats(evidence);
        let lines: Vec<Calibration> = repeats
            .iter()
            .map(|repeat| {
                // In log-odds: a calibrated model has the line with slope 1 and intercept 0.
                let scores: Vec<f64> = repeat.iter().map(|(p, _)| (p / (1.0 - p)).ln()).collect();
                let outcomes: Vec<bool> = repeat.iter().map(|(_, outcome)| *outcome).collect();
                Calibration::least_loss(&scores, &outcomes)
            })
            .collect();
        let source = &evidence.data.source;
        let share = source.positives as f64 / source.rows as f64;
        Self {
            slope: rounded(mean(lines.iter().map(|line| line.slope))),
            intercept: rounded(mean(lines.iter().map(|line| line.intercept))),
            expected_over_observed: rounded(
                mean(repeats.iter().flatten().map(|(p, _)| *p)) / share,
            ),
            ece: rounded(evidence.validation.figures.calibration_error),
            top_tenth: top_tenth(evidence, &repeats),
            curve: curve(evidence, &repeats),
        }
    }
}

fn repeats(evidence: &Evidence<'_>) -> Vec<Vec<Scored>> {
    let outcomes = &evidence.data.outcomes;
    let scored = evidence.validation.repeats.iter().map(|repeat| {
        repeat.iter().zip(outcomes).map(|(row, outcome)| (row.probability, *outcome)).collect()
    });
    scored.collect()
}

fn resamples(evidence: &Evidence<'_>) -> Vec<Vec<Scored>> {
    let outcomes = &evidence.data.outcomes;
    let scored = evidence.resamples.draws.iter();
    scored.map(|draw| draw.iter().map(|(row, p)| (*p, outcomes[*row])).collect()).collect()
}

fn top_tenth(evidence: &Evidence<'_>, repeats: &[Vec<Scored>]) -> TopTenth {
    let tops: Vec<Vec<Scored>> = repeats.iter().map(|repeat| top(repeat)).collect();
    let observed = mean(tops.iter().map(|rows| share(rows)));
    let of_refits = resamples(evidence).into_iter().map(|draw| share(&top(&draw)));
    TopTenth {
        rows: tops.first().map_or(0, Vec::len),
        predicted: rounded(mean(tops.iter().flatten().map(|(p, _)| *p))),
        observed: interval(observed, of_refits),
    }
}

/// The tenth of the rows with the highest probabilities.
fn top(rows: &[Scored]) -> Vec<Scored> {
    let mut rows = rows.to_vec();
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    rows.truncate(rows.len() / 10);
    rows
}

/// The share of positive rows.
fn share(rows: &[Scored]) -> f64 {
    mean(rows.iter().map(|(_, outcome)| f64::from(u8::from(*outcome))))
}

fn curve(evidence: &Evidence<'_>, repeats: &[Vec<Scored>]) -> Vec<CalibrationBin> {
    let draws = resamples(evidence);
    let bins = (0..CALIBRATION_BINS).filter_map(|bin| {
        let rows: Vec<Scored> =
            repeats.iter().flatten().filter(|row| bin_of(row) == bin).copied().collect();
        if rows.is_empty() {
            return None;
        }
        let of_draws = draws.iter().filter_map(|draw| {
            let rows: Vec<Scored> = draw.iter().filter(|row| bin_of(row) == bin).copied().collect();
            // The share of a few women is either 0 or 1 and would widen the interval without
            // meaning.
            if rows.len() < MIN_ROWS { None } else { Some(share(&rows)) }
        });
        let Interval { value, low, high } = interval(share(&rows), of_draws);
        Some(CalibrationBin {
            predicted: rounded(mean(rows.iter().map(|(p, _)| *p))),
            observed: value,
            low,
            high,
            rows: rounded(rows.len() as f64 / repeats.len() as f64),
        })
    });
    bins.collect()
}

/// Probability 1 belongs to the last bin.
fn bin_of((probability, _): &Scored) -> usize {
    ((probability * CALIBRATION_BINS as f64) as usize).min(CALIBRATION_BINS - 1)
}
