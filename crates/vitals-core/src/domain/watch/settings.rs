//! Settings of the watch. Every default that cites no source is a judgement of this project.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{limit_table::LimitOverride, rule::Priority};
use crate::domain::vital::Vital;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;

/// Settings of the rules, their delays and the escalation.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WatchSettings {
    /// Limits and delays of vitals, where they replace the defaults. The limits of children by age
    /// and those of a patient's context replace both.
    pub limits: BTreeMap<Vital, LimitOverride>,
    /// The rule on the NEWS2 band.
    pub news2: News2Settings,
    /// Technical rules.
    pub technical: TechnicalSettings,
    /// Anomalies against the patient's own baseline.
    pub anomalies: AnomalySettings,
    /// Acknowledgement and escalation.
    pub signals: SignalSettings,
}

/// Delays of the NEWS2 band. They also hold the displayed band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct News2Settings {
    /// Time for which a band of Low-medium or Medium must last, ms.
    pub medium_delay_ms: i64,
    /// Time for which a band of High must last, ms.
    pub high_delay_ms: i64,
    /// Time for which a lower band must last before the alarm ends, ms.
    pub clear_after_ms: i64,
}

impl Default for News2Settings {
    fn default() -> Self {
        Self {
            // High: as long as an excursion of a single vital, which is an artefact more often than
            // not. See docs/architecture.md.
            medium_delay_ms: 2 * MINUTE_MS,
            high_delay_ms: 15 * SECOND_MS,
            clear_after_ms: 10 * MINUTE_MS,
        }
    }
}

/// Delays of the technical rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TechnicalSettings {
    /// Time without a reading until the patient counts as not monitored, ms.
    pub no_data_after_ms: i64,
    /// Time for which a device must repeat all of its values, ms.
    pub stuck_after_ms: i64,
    /// Time for which a lost signal, a refused field or a conflict must last, ms.
    pub delay_ms: i64,
    /// Time for which a device's clock must be wrong, ms.
    pub clock_delay_ms: i64,
    /// Time for which a technical condition must be absent before its alarm ends, ms.
    pub clear_after_ms: i64,
}

impl Default for TechnicalSettings {
    fn default() -> Self {
        Self {
            // Longer than the minute between the readings of many recordings and gateways.
            no_data_after_ms: 90 * SECOND_MS,
            stuck_after_ms: 5 * MINUTE_MS,
            delay_ms: 10 * SECOND_MS,
            clock_delay_ms: MINUTE_MS,
            clear_after_ms: 10 * SECOND_MS,
        }
    }
}

/// Detection of anomalies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnomalySettings {
    /// False switches the rules off.
    pub enabled: bool,
    /// One-minute medians before the baseline is believed.
    pub min_minutes: usize,
    /// Allowance of the CUSUM per minute, in robust standard deviations.
    pub allowance: f64,
    /// Sum at which a shift is believed, in robust standard deviations.
    pub threshold: f64,
    /// Distance from the median at which a value deviates, in MADs.
    pub deviation_mads: f64,
    /// Priority of the alarms, low or medium.
    pub priority: Priority,
}

impl Default for AnomalySettings {
    fn default() -> Self {
        Self {
            enabled: true,
            min_minutes: 60,
            allowance: 1.5,
            threshold: 12.0,
            deviation_mads: 8.0,
            priority: Priority::Low,
        }
    }
}

/// Acknowledgement and escalation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignalSettings {
    /// Time after which a high alarm that nobody has acknowledged escalates, ms.
    pub escalate_after_ms: i64,
}

impl Default for SignalSettings {
    fn default() -> Self {
        Self { escalate_after_ms: 2 * MINUTE_MS }
    }
}

impl WatchSettings {
    /// Checks the values.
    ///
    /// # Errors
    /// Names the first setting that is out of range.
    pub fn validate(&self) -> Result<(), String> {
        let times = [
            ("news2.medium_delay_ms", self.news2.medium_delay_ms),
            ("news2.high_delay_ms", self.news2.high_delay_ms),
            ("news2.clear_after_ms", self.news2.clear_after_ms),
            ("technical.no_data_after_ms", self.technical.no_data_after_ms),
            ("technical.stuck_after_ms", self.technical.stuck_after_ms),
            ("technical.delay_ms", self.technical.delay_ms),
            ("technical.clock_delay_ms", self.technical.clock_delay_ms),
            ("technical.clear_after_ms", self.technical.clear_after_ms),
            ("signals.escalate_after_ms", self.signals.escalate_after_ms),
        ];
        if let Some((name, _)) = times.iter().find(|(_, time_ms)| *time_ms < 0) {
            return Err(format!("{name} is negative"));
        }
        if self.technical.no_data_after_ms == 0 {
            return Err("technical.no_data_after_ms is 0".to_owned());
        }
        // An unusual value is no emergency, and must not compete with alarms that are.
        if !matches!(self.anomalies.priority, Priority::Low | Priority::Medium) {
            return Err("anomalies.priority is neither low nor medium".to_owned());
        }
        let detectors =
            [self.anomalies.allowance, self.anomalies.threshold, self.anomalies.deviation_mads];
        if !detectors.into_iter().all(|value| value.is_finite() && value > 0.0) {
            return Err("anomalies: allowance, threshold and deviation_mads are above 0".to_owned());
        }
        self.limits.iter().try_for_each(|(vital, limits)| limits.validate(*vital))
    }
}
