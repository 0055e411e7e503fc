//! Calibration: predicted probabilities compared with observed shares.

use serde::Serialize;

use crate::{
    model::Calibration,
    stats::{CALIBRATION_BINS, mean},
    train::{Dataset, Validation},
};

use super::rounded::rounded;

/// The calibration of the probabilities.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalibrationFigures {
    /// Slope of a logistic regression of the outcome on the out-of-fold log-odds, mean over the
    /// repeats: 1 is best, below 1 overconfident, above 1 underconfident.
    pub slope: f64,
    /// Intercept of the same regression: 0 is best.
    pub intercept: f64,
    /// Mean probability over observed share: 1 is best.
    pub expected_over_observed: f64,
    /// Expected calibration error over the bins of the curve.
    pub ece: f64,
    /// One entry per non-empty bin of equal width, over all repeats.
    pub curve: Vec<CalibrationBin>,
}

/// The rows whose probability is in one bin.
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
                let probabilities = repeat.iter().map(|row| row.probability);
                let scores: Vec<f64> = probabilities.map(|p| (p / (1.0 - p)).ln()).collect();
                Calibration::least_loss(&scores, &data.outcomes)
            })
            .collect();
        let all = validation.repeats.iter().flatten().map(|row| row.probability);
        let share = data.source.positives as f64 / data.source.rows as f64;
        Self {
            slope: rounded(mean(lines.iter().map(|line| line.slope))),
            intercept: rounded(mean(lines.iter().map(|line| line.intercept))),
            expected_over_observed: rounded(mean(all) / share),
            ece: rounded(validation.figures.calibration_error_pooled),
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
    // The interval is that of one repeat: repeats contain the same people.
    let repeats = validation.repeats.len() as f64;
    let filled = bins.into_iter().filter(|(rows, ..)| *rows > 0.0);
    filled
        .map(|(rows, predicted, positive)| {
            let observed = positive / rows;
            let per_repeat = rows / repeats;
            let [low, high] = wilson(observed, per_repeat);
            CalibrationBin {
                predicted: rounded(predicted / rows),
                observed: rounded(observed),
                low: rounded(low),
                high: rounded(high),
                rows: rounded(per_repeat),
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

    /// Values computed by hand from Wilson's formula.
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
