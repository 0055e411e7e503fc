//! Section `[consumer.retention]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Retention of the tables' rows by arrival, days; 0 keeps them forever.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionSettings {
    /// Of readings and rejected messages.
    pub vitals_days: u32,
    /// Of predictions.
    pub predictions_days: u32,
    /// Of the patients' contexts. The current ones are on the topic.
    pub patient_context_days: u32,
    /// Of alerts.
    pub alerts_days: u32,
    /// Of the activity on the dashboard.
    pub audit_days: u32,
}

/// The duration of `days`; `None` for 0, which means forever.
#[must_use]
pub fn retention(days: u32) -> Option<Duration> {
    (days > 0).then(|| Duration::from_secs(u64::from(days) * 86_400))
}
