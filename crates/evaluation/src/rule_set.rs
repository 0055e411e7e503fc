//! The rule sets that are compared, each with the thresholds of its sweep.

/// A rule set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuleSet {
    /// Limits alone, without delay or hysteresis.
    PlainLimits,
    /// The limits of the watch alone, with delay and hysteresis.
    DelayedLimits,
    /// The NEWS2 total alone, without delay.
    News2,
    /// The watch: limits, NEWS2, zeros in context and anomalies.
    Everything,
}

/// The rule sets in the order of the report.
pub(crate) const RULE_SETS: [RuleSet; 4] =
    [RuleSet::PlainLimits, RuleSet::DelayedLimits, RuleSet::News2, RuleSet::Everything];

/// Factors on the distance of plain limits from normal values.
pub(crate) const PLAIN_FACTORS: [f64; 8] = [0.8, 0.9, 1.0, 1.1, 1.2, 1.35, 1.5, 1.75];

/// Factors on the limits of the watch; every one costs a run of the engine.
pub(crate) const WATCH_FACTORS: [f64; 4] = [1.0, 1.2, 1.5, 1.75];

/// The index of the default limits among `WATCH_FACTORS`.
pub(crate) const DEFAULT_FACTOR: usize = 0;

/// NEWS2 totals that alarm.
pub(crate) const TOTALS: [u8; 7] = [2, 3, 4, 5, 6, 7, 8];

impl RuleSet {
    /// The name in tables and figures.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::PlainLimits => "plain_limits",
            Self::DelayedLimits => "delayed_limits",
            Self::News2 => "news2",
            Self::Everything => "everything",
        }
    }

    /// The threshold without a sweep: the default limits, and the total of an urgent response.
    pub(crate) const fn default_threshold(self) -> f64 {
        match self {
            Self::PlainLimits | Self::DelayedLimits | Self::Everything => 1.0,
            Self::News2 => 5.0,
        }
    }

    /// The index of a threshold in the sweep.
    pub(crate) fn index_of(self, threshold: f64) -> Option<usize> {
        self.thresholds().iter().position(|known| (known - threshold).abs() < 1e-9)
    }

    /// The thresholds of the sweep.
    pub(crate) fn thresholds(self) -> Vec<f64> {
        match self {
            Self::PlainLimits => PLAIN_FACTORS.to_vec(),
            Self::DelayedLimits | Self::Everything => WATCH_FACTORS.to_vec(),
            Self::News2 => TOTALS.map(f64::from).to_vec(),
        }
    }
}
