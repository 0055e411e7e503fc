//! Section `[consumer]`.

use std::{net::SocketAddr, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    address::loopback,
    error::{ConfigError, check},
    maintenance::MaintenanceSettings,
    retention::RetentionSettings,
    watch::{Roles, WatchRoleSettings},
};
use crate::domain::decode::{DecodeOptions, TimeLimits, UnitSettings};

/// The consumer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConsumerSettings {
    /// Address of health, readiness and metrics.
    pub listen: SocketAddr,
    /// The roles: archive and watch, or one of them.
    pub roles: Roles,
    /// Consumer group of readings. The group of another topic has its table as suffix, such as
    /// `.predictions`.
    pub group_id: String,
    /// Archives predictions too, from topic `kafka.topics.predictions`.
    pub predictions: bool,
    /// Archives the patients' contexts too, from topic `kafka.topics.patient_context`.
    pub patient_context: bool,
    /// Archives the alerts of the watch too, from topic `kafka.topics.alerts`.
    pub alerts: bool,
    /// Archives the ledger of the models too, from topic `kafka.topics.model_events`.
    pub model_events: bool,
    /// Archives the activity on the dashboard too, from topic `kafka.topics.audit`.
    pub audit: bool,
    /// Static member id, unique per instance: a restart within the session timeout then keeps its
    /// partitions. If empty, the instance is a dynamic member.
    pub instance_id: String,
    /// Time without heartbeats after which the group reassigns the partitions, ms.
    pub session_timeout_ms: u32,
    /// Memory limit of prefetched messages, KiB.
    pub queue_kib: u32,
    /// Begins new tables although the group has committed offsets, which tell that it has archived
    /// to others before.
    pub create_tables: bool,
    /// Limits of a batch.
    pub rotation: RotationSettings,
    /// The disk buffer of batches during a lake outage.
    pub spool: SpoolSettings,
    /// Limits of a reading's timestamp.
    pub times: TimeLimits,
    /// Units of sources that deviate from the contract.
    pub units: UnitSettings,
    /// Retries of a failed call to the lake.
    pub retry: RetrySettings,
    /// Maintenance of the tables.
    pub maintenance: MaintenanceSettings,
    /// Retention of the tables' rows.
    pub retention: RetentionSettings,
    /// The watch.
    pub watch: WatchRoleSettings,
}

impl Default for ConsumerSettings {
    fn default() -> Self {
        Self {
            listen: loopback(9102),
            roles: Roles::default(),
            group_id: "vitals-archive".to_owned(),
            predictions: true,
            patient_context: true,
            alerts: true,
            model_events: true,
            audit: true,
            instance_id: String::new(),
            session_timeout_ms: 10_000,
            queue_kib: 8192,
            create_tables: false,
            rotation: RotationSettings::default(),
            spool: SpoolSettings::default(),
            times: TimeLimits::default(),
            units: UnitSettings::default(),
            retry: RetrySettings::default(),
            maintenance: MaintenanceSettings::default(),
            retention: RetentionSettings::default(),
            watch: WatchRoleSettings::default(),
        }
    }
}

impl ConsumerSettings {
    /// The settings of the decoder.
    #[must_use]
    pub fn decode_options(&self) -> DecodeOptions {
        DecodeOptions { times: self.times, units: self.units.clone() }
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        check(!self.group_id.is_empty(), "consumer.group_id", "is empty")?;
        check(self.session_timeout_ms >= 1000, "consumer.session_timeout_ms", "is below 1 s")?;
        check(self.queue_kib >= 1024, "consumer.queue_kib", "is below 1024 KiB")?;
        check(self.rotation.max_rows > 0, "consumer.rotation.max_rows", "is 0")?;
        check(self.rotation.max_bytes > 0, "consumer.rotation.max_bytes", "is 0")?;
        check(self.rotation.max_age_ms > 0, "consumer.rotation.max_age_ms", "is 0")?;
        check(!self.spool.folder.is_empty(), "consumer.spool.folder", "is empty")?;
        check(self.spool.max_bytes > 0, "consumer.spool.max_bytes", "is 0")?;
        check(self.retry.initial_backoff_ms > 0, "consumer.retry.initial_backoff_ms", "is 0")?;
        check(self.times.max_future_ms >= 0, "consumer.times.max_future_ms", "is negative")?;
        check(self.times.late_after_ms >= 0, "consumer.times.late_after_ms", "is negative")?;
        // In one group, the watch and the archive would each get only some of the partitions.
        let shared = self.watch.group_id == self.group_id;
        check(!shared, "consumer.watch.group_id", "is also the archive's group")?;
        self.watch.validate()?;
        self.maintenance.validate()
    }
}

/// Limits of a batch. The first one reached commits it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RotationSettings {
    /// Messages per batch.
    pub max_rows: usize,
    /// Bytes of keys, headers and payloads per batch, those of a rejected message twice: it is kept
    /// for its row and for its dead letter. Rejected messages, and large keys and headers, of all
    /// batches in flight take at most about this much memory, and those of one batch an eighth of it.
    pub max_bytes: usize,
    /// Age of the oldest message of a batch, ms.
    pub max_age_ms: u64,
}

impl Default for RotationSettings {
    fn default() -> Self {
        Self { max_rows: 500_000, max_bytes: 128 * 1024 * 1024, max_age_ms: 5_000 }
    }
}

/// Retries of a failed call to the lake, with exponential backoff.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetrySettings {
    /// Backoff after the first failure, ms; it doubles with every further one.
    pub initial_backoff_ms: u64,
    /// Maximum backoff, ms.
    pub max_backoff_ms: u64,
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self { initial_backoff_ms: 200, max_backoff_ms: 10_000 }
    }
}

impl RetrySettings {
    /// The backoff after failure `attempt` (from 0), without jitter.
    #[must_use]
    pub fn backoff(&self, attempt: u32) -> Duration {
        // Saturates instead of overflowing after 64 failures.
        let factor = 1_u64.checked_shl(attempt).unwrap_or(u64::MAX);
        Duration::from_millis(
            self.initial_backoff_ms.saturating_mul(factor).min(self.max_backoff_ms),
        )
    }
}

/// The disk buffer of batches during a lake outage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpoolSettings {
    /// Folder, on a persistent disk.
    pub folder: String,
    /// Maximum size, bytes. Consumption pauses at this limit.
    pub max_bytes: u64,
    /// Minimum free disk space, bytes. Consumption pauses below it.
    pub min_free_bytes: u64,
}

impl Default for SpoolSettings {
    fn default() -> Self {
        Self {
            folder: "data/spool".to_owned(),
            max_bytes: 8 * 1024 * 1024 * 1024,
            min_free_bytes: 1024 * 1024 * 1024,
        }
    }
}
