//! Probabilities against what was observed.

use serde::Serialize;

use crate::{
    model::Calibration,
    stats::{CALIBRATION_BINS, mean},
    train::{Dataset, Validation},
};

use super::model_card::kept;

/// How well probabilities are calibrated.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalibrationFigures {
    /// Of a logistic regression of the outcome on the out-of-fold log-odds, mean over the
    /// repeats: 1 is best, below 1 too extreme, above 1 too cautious.
    pub slope: f64,
    /// The intercept of the same: 0 is best.
    pub intercept: f64,
    /// Mean probability over observed share: 1 is best.
    pub expected_over_observed: f64,
    /// Expected calibration error over the bins of the curve.
    pub ece: f64,
    /// One entry per bin of equal width that has rows, over all repeats.
    pub curve: Vec<CalibrationBin>,
}

/// The rows whose probability is in one tenth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalibrationBin {
    /// Mean probability.
    pub predicted: f64,
    /// Share of positive rows.
    pub observed: f64,
    /// Lower end of the observed share's 95 % interval (Wilson), for the rows of one repeat.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Rows per repeat, on average.
    pub rows: f64,
}

impl CalibrationFigures {
    pub(super) fn of(data: &Dataset, validation: &Validation) -> Self {
        let lines: Vec<Calibration> = validation
            .repeats
            .iter()
            .map(|repeat| {
                let log_odds = |p: f64| (p / (1.0 - p)).ln();
                let scores: Vec<f64> = repeat.iter().map(|row| log_odds(row.probability)).collect();
                Calibration::least_loss(&scores, &data.outcomes)
            })
            .collect();
        let all = validation.repeats.iter().flatten().map(|row| row.probability);
        let share = data.source.positives as f64 / data.source.rows as f64;
        Self {
            slope: kept(mean(lines.iter().map(|line| line.slope))),
            intercept: kept(mean(lines.iter().map(|line| line.intercept))),
            expected_over_observed: kept(mean(all) / share),
            ece: kept(validation.figures.calibration_error_pooled),
            curve: curve(data, validation),
        }
    }
}

fn curve(data: &Dataset, validation: &Validation) -> Vec<CalibrationBin> {
    let mut bins = [(0.0, 0.0, 0.0); CALIBRATION_BINS];
    for repeat in &validation.repeats {
        for (row, outcome) in repeat.iter().zip(&data.outcomes) {
            let bin = (row.probability * CALIBRATION_BINS as f64) as usize;
            let (rows, predicted, positive) = &mut bins[bin.min(CALIBRATION_BINS - 1)];
            *rows += 1.0;
            *predicted += row.probability;
            *positive += f64::from(u8::from(*outcome));
        }
    }
    let repeats = validation.repeats.len() as f64;
    let filled = bins.into_iter().filter(|(rows, ..)| *rows > 0.0);
    filled
        .map(|(rows, predicted, positive)| {
            let (observed, per_repeat) = (positive / rows, rows / repeats);
            let [low, high] = wilson(observed, per_repeat);
            CalibrationBin {
                predicted: kept(predicted / rows),
                observed: kept(observed),
                low: kept(low),
                high: kept(high),
                rows: kept(per_repeat),
            }
        })
        .collect()
}

/// The 95 % interval of a share (Wilson, 1927).
pub(super) fn wilson(share: f64, rows: f64) -> [f64; 2] {
    const Z: f64 = 1.959_964;
    let squared = Z * Z / rows;
    let centre = share + squared / 2.0;
    let half = Z * (share * (1.0 - share) / rows + squared / (4.0 * rows)).sqrt();
    [(centre - half) / (1.0 + squared), (centre + half) / (1.0 + squared)]
}

#[cfg(test)]
mod tests {
    use super::wilson;

    /// 5 of 10 and 0 of 10, as in Wilson's formula by hand.
    #[test]
    fn known_intervals() {
        for (share, rows, expected) in [
            (0.5, 10.0, [0.2366, 0.7634]),
            (0.0, 10.0, [0.0, 0.2775]),
            (0.9, 100.0, [0.8256, 0.9448]),
        ] {
            for (found, expected) in wilson(share, rows).iter().zip(expected) {
                assert!((found - expected).abs() < 1e-4, "{share} {rows}: {found}");
            }
        }
    }
}
