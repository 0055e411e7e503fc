//! Resampled people, for intervals.
//!
//! People are drawn with replacement (Efron, 1979). While a model is trained, it is fitted again on
//! every draw and scores the people who were not drawn: the figures vary for both reasons that another
//! study would differ, other people to fit on and other people to be judged on. A saved version on
//! other data is not fitted again; it is judged on the people drawn.

use rand::{Rng as _, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{
    model::{Calibration, Choice, FitError},
    pipeline::{Fitted, Pipeline},
};

use super::{
    cross_validation::{Validation, run_parallel},
    dataset::Dataset,
};

/// Number of draws.
const DRAWS: u64 = 200;

/// Seed of the first draw; no split uses it.
const SEED: u64 = 2_000;

/// The predictions for resampled people.
#[derive(Debug, Clone)]
pub struct Resamples {
    /// By draw: row of the data and probability.
    pub draws: Vec<Vec<(usize, f64)>>,
}

impl Resamples {
    /// Fits every draw with the hyperparameters and the calibration of a fitted model.
    ///
    /// # Errors
    /// A draw can't be fitted.
    pub fn refitted(fitted: &Fitted, data: &Dataset) -> Result<Self, FitError> {
        let seeds: Vec<u64> = (SEED..SEED + DRAWS).collect();
        let calibration = fitted.pipeline.calibration;
        let draws = run_parallel(&seeds, |seed| refit(fitted.choice, calibration, data, *seed));
        Ok(Self { draws: draws.into_iter().collect::<Result<_, _>>()? })
    }

    /// Draws people with their predictions in the first repeat, without a refit.
    #[must_use]
    pub fn of_people(validation: &Validation) -> Self {
        let rows = validation.repeats.first().map_or(&[][..], Vec::as_slice);
        let draws = (SEED..SEED + DRAWS).map(|seed| {
            let drawn = people(rows.len(), seed).into_iter();
            drawn.map(|row| (row, rows[row].probability)).collect()
        });
        Self { draws: draws.collect() }
    }
}

/// Positions of people, drawn with replacement.
fn people(count: usize, seed: u64) -> Vec<usize> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| random.random_range(0..count)).collect()
}

fn refit(
    choice: Choice,
    calibration: Calibration,
    data: &Dataset,
    seed: u64,
) -> Result<Vec<(usize, f64)>, FitError> {
    let count = data.outcomes.len();
    let drawn = people(count, seed);
    let mut is_drawn = vec![false; count];
    for row in &drawn {
        is_drawn[*row] = true;
    }
    // Judged on the women who were not drawn: the model has not seen them.
    let left: Vec<usize> = (0..count).filter(|row| !is_drawn[*row]).collect();

    let (rows, outcomes) = data.select(&drawn);
    let pipeline = Pipeline::refit(choice, calibration, rows.view(), &outcomes)?;
    let probabilities = pipeline.probabilities(data.select(&left).0.view())?;
    Ok(left.into_iter().zip(probabilities).collect())
}

#[cfg(test)]
mod tests {
    use crate::{model::Algorithm, test_data::pima};

    use super::*;

    #[test]
    fn every_draw_scores_the_people_it_was_not_fitted_on() {
        let data = pima();
        let fitted = Pipeline::fit(Algorithm::Logistic, data.rows.view(), &data.outcomes).unwrap();
        let resamples = Resamples::refitted(&fitted, &data).unwrap();
        assert_eq!(resamples.draws.len(), 200);
        let mut times = vec![0; 768];
        for draw in &resamples.draws {
            // About 36.8 % of the people are not drawn.
            assert!((230..340).contains(&draw.len()), "{}", draw.len());
            for (row, probability) in draw {
                assert!((0.0..=1.0).contains(probability));
                times[*row] += 1;
            }
        }
        assert!(times.iter().all(|times| (40..110).contains(times)), "{times:?}");
    }

    #[test]
    fn a_fixed_model_is_judged_on_the_people_drawn() {
        let row = |probability: f64| crate::train::OutOfFold { probability, p_values: [0.5; 2] };
        let figures = crate::train::cross_validate(
            &pima(),
            Algorithm::Logistic,
            crate::train::Protocol { folds: 2, repeats: 1 },
            &indicatif::ProgressBar::hidden(),
        )
        .unwrap()
        .figures;
        let repeats = vec![vec![row(0.1), row(0.5), row(0.9)]];
        let resamples = Resamples::of_people(&Validation { figures, repeats });
        assert_eq!(resamples.draws.len(), 200);
        for draw in &resamples.draws {
            assert_eq!(draw.len(), 3);
            for (row, probability) in draw {
                assert!((probability - [0.1, 0.5, 0.9][*row]).abs() < 1e-12);
            }
        }
    }
}
