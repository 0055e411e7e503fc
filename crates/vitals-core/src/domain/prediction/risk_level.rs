//! Risk levels of a probability.

use serde::{Deserialize, Serialize};

/// Three bands of the probability, easier to read than decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskLevel {
    /// Below 0.3.
    Low,
    /// From 0.3 to below 0.6.
    Medium,
    /// From 0.6.
    High,
}

impl RiskLevel {
    /// All levels, lowest first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The level of a probability.
    #[must_use]
    pub fn of(probability: f64) -> Self {
        if probability < 0.3 {
            Self::Low
        } else if probability < 0.6 {
            Self::Medium
        } else {
            Self::High
        }
    }

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
        for (probability, level) in [
            (0.0, RiskLevel::Low),
            (0.299_999, RiskLevel::Low),
            (0.3, RiskLevel::Medium),
            (0.599_999, RiskLevel::Medium),
            (0.6, RiskLevel::High),
            (1.0, RiskLevel::High),
        ] {
            assert_eq!(RiskLevel::of(probability), level, "{probability}");
        }
    }

    #[test]
    fn names_match_the_serialised_names() {
        for level in RiskLevel::ALL {
            assert_eq!(serde_json::to_value(level).unwrap(), level.name());
        }
    }
}
