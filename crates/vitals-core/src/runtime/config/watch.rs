//! Section `[consumer.watch]`.

use serde::{Deserialize, Serialize};

use super::error::{ConfigError, check};

/// The roles that a consumer takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Roles {
    /// Archive and watch, each in a consumer group of its own.
    #[default]
    All,
    /// The archive alone.
    Archive,
    /// The watch alone.
    Watch,
}

impl Roles {
    /// Returns true if the consumer archives.
    #[must_use]
    pub const fn archives(self) -> bool {
        matches!(self, Self::All | Self::Archive)
    }

    /// Returns true if the consumer watches.
    #[must_use]
    pub const fn watches(self) -> bool {
        matches!(self, Self::All | Self::Watch)
    }
}

/// The watch: scores and alarms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WatchRoleSettings {
    /// Consumer group.
    pub group_id: String,
    /// Longest time between two messages of a patient who is measured on `patient-status`, ms; at most
    /// a minute.
    pub status_interval_ms: i64,
    /// Time without a reading after which a patient is no longer watched, ms.
    pub forget_after_ms: i64,
}

impl Default for WatchRoleSettings {
    fn default() -> Self {
        Self {
            group_id: "vitals-watch".to_owned(),
            status_interval_ms: 30_000,
            forget_after_ms: 86_400_000,
        }
    }
}

impl WatchRoleSettings {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        check(!self.group_id.is_empty(), "consumer.watch.group_id", "is empty")?;
        let interval = self.status_interval_ms;
        // The dashboard takes a watch that is 90 s behind for stopped.
        check(
            (1_000..=60_000).contains(&interval),
            "consumer.watch.status_interval_ms",
            "is not between 1 s and 1 min",
        )?;
        let forget = self.forget_after_ms;
        check(forget >= 60_000, "consumer.watch.forget_after_ms", "is below 1 min")
    }
}
