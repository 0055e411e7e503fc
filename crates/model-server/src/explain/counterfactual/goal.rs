//! The goal of a search.

use vitals_core::domain::features::FEATURE_COUNT;

use crate::{pipeline::Pipeline, stats::probability};

/// The side of the threshold to reach.
#[derive(Debug, Clone, Copy)]
pub(super) struct Goal {
    threshold: f64,
    /// True if the probability has to rise.
    pub(super) upwards: bool,
}

impl Goal {
    pub(super) fn opposite(
        pipeline: &Pipeline,
        person: &[f64; FEATURE_COUNT],
        threshold: f64,
    ) -> Self {
        let p = probability(pipeline.log_odds(person));
        Self { threshold, upwards: p < threshold }
    }

    /// The distance of a score to the goal, in log-odds; negative beyond it.
    pub(super) fn gain_needed(&self, log_odds: f64) -> f64 {
        let distance = (self.threshold / (1.0 - self.threshold)).ln() - log_odds;
        if self.upwards { distance } else { -distance }
    }

    /// Returns true if a score in log-odds is on the goal's side.
    pub(super) fn reached(&self, log_odds: f64) -> bool {
        (probability(log_odds) >= self.threshold) == self.upwards
    }
}
