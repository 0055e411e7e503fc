//! Risk levels of a probability.

use serde::{Deserialize, Serialize};

/// Three bands of the probability, easier to read than decimals. [`RiskBands`] has their bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskLevel {
    /// Below every threshold.
    Low,
    /// Around the operating threshold.
    Medium,
    /// Above it.
    High,
}

/// The bounds of the risk levels. Each model has its own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskBands {
    /// Smallest probability of the medium level; below it the level is low.
    pub medium: f64,
    /// Smallest probability of the high level.
    pub high: f64,
}

impl RiskBands {
    /// The level of a probability.
    #[must_use]
    pub fn level(&self, probability: f64) -> RiskLevel {
        if probability < self.medium {
            RiskLevel::Low
        } else if probability < self.high {
            RiskLevel::Medium
        } else {
            RiskLevel::High
        }
    }

    /// Returns true if the bounds are probabilities on either side of the operating threshold: then a
    /// low level is never called positive, and a high one always.
    #[must_use]
    pub fn surround(&self, threshold: f64) -> bool {
        0.0 <= self.medium && self.medium <= threshold && threshold <= self.high && self.high <= 1.0
    }
}

impl RiskLevel {
    /// All levels, lowest first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The name in responses and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_bound_is_inclusive() {
        let bands = RiskBands { medium: 0.3, high: 0.6 };
        for (probability, level) in [
            (0.0, RiskLevel::Low),
            (0.299_999, RiskLevel::Low),
            (0.3, RiskLevel::Medium),
            (0.599_999, RiskLevel::Medium),
            (0.6, RiskLevel::High),
            (1.0, RiskLevel::High),
        ] {
            assert_eq!(bands.level(probability), level, "{probability}");
        }
    }

    #[test]
    fn bands_surround_the_threshold() {
        for (medium, high, surround) in [
            (0.3, 0.6, true),
            (0.4, 0.4, true),
            (0.5, 0.6, false),
            (0.1, 0.3, false),
            (-0.1, 0.6, false),
            (0.3, 1.1, false),
            (f64::NAN, 0.6, false),
        ] {
            assert_eq!(RiskBands { medium, high }.surround(0.4), surround, "{medium} {high}");
        }
    }

    #[test]
    fn names_match_the_serialised_names() {
        for level in RiskLevel::ALL {
            assert_eq!(serde_json::to_value(level).unwrap(), level.name());
        }
    }
}
