//! An ensemble of a spline and boosted trees: the mean of their log-odds.
//!
//! Half of the score is the spline's, half the mean of several boosters with different seeds. A
//! mean in log-odds keeps explanations exact, because contributions average the same way.

use serde::{Deserialize, Serialize};
use vitals_core::domain::features::FEATURE_COUNT;

use super::{Boosted, Row, Spline};

/// Share of the spline in the score.
pub const SPLINE_SHARE: f64 = 0.5;

/// Boosters in an ensemble, with seeds from 0.
pub const BOOSTERS: u64 = 5;

/// A spline and boosters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ensemble {
    spline_share: f64,
    spline: Spline,
    boosters: Vec<Boosted>,
}

impl Ensemble {
    /// Combines fitted parts.
    #[must_use]
    pub fn new(spline: Spline, boosters: Vec<Boosted>) -> Self {
        Self { spline_share: SPLINE_SHARE, spline, boosters }
    }

    pub(super) fn boosters(&self) -> &[Boosted] {
        &self.boosters
    }

    /// The mean score, in log-odds.
    #[must_use]
    pub fn log_odds(&self, row: &Row) -> f64 {
        let share = self.booster_share();
        let boosted: f64 = self.boosters.iter().map(|b| b.log_odds(&row.measured)).sum();
        self.spline_share * self.spline.log_odds(row) + share * boosted
    }

    /// The mean base value, in log-odds.
    #[must_use]
    pub fn base_value(&self) -> f64 {
        let share = self.booster_share();
        let boosted: f64 = self.boosters.iter().map(Boosted::base_value).sum();
        self.spline_share * self.spline.base_value() + share * boosted
    }

    /// The contribution of each feature to the base value, in log-odds.
    #[must_use]
    pub fn contributions(&self, row: &Row) -> [f64; FEATURE_COUNT] {
        // The same weights as for the score.
        let mut sums = self.spline.contributions(row).map(|c| c * self.spline_share);
        let share = self.booster_share();
        for booster in &self.boosters {
            for (sum, contribution) in sums.iter_mut().zip(booster.contributions(&row.measured)) {
                *sum += share * contribution;
            }
        }
        sums
    }

    /// Returns true if every part is usable in a calculation.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        (0.0..=1.0).contains(&self.spline_share)
            && self.spline.is_sound()
            && !self.boosters.is_empty()
    }

    /// Share of one booster in the score.
    fn booster_share(&self) -> f64 {
        (1.0 - self.spline_share) / self.boosters.len() as f64
    }
}
