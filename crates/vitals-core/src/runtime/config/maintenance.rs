//! Section `[consumer.maintenance]`.

use serde::{Deserialize, Serialize};

use super::error::{ConfigError, check};

/// Minimum retention: an hour, for which a writer or a reader may need a file.
const MIN_RETENTION_MS: u64 = 3_600_000;

/// Maintenance of the tables: compaction, checkpoints, log cleanup, vacuum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MaintenanceSettings {
    /// Schedules maintenance in the consumer. Checkpoints are always written.
    pub enabled: bool,
    /// Interval of the runs, ms.
    pub interval_ms: u64,
    /// Target size of compacted files, bytes.
    pub target_file_bytes: u64,
    /// Minimum number of files of similar size that are compacted together.
    pub min_files: usize,
    /// Retention of files that were replaced, or that no commit refers to, ms.
    pub retention_ms: u64,
    /// Retention of older table versions, ms.
    pub log_retention_ms: u64,
    /// Memory limit of sorting, bytes. Larger sorts spill to temporary files.
    pub memory_bytes: usize,
    /// Timeout of a maintenance step, ms.
    pub timeout_ms: u64,
}

impl Default for MaintenanceSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            interval_ms: 600_000,
            target_file_bytes: 64 << 20,
            min_files: 8,
            retention_ms: 604_800_000,
            log_retention_ms: 86_400_000,
            memory_bytes: 64 << 20,
            timeout_ms: 600_000,
        }
    }
}

impl MaintenanceSettings {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        check(self.interval_ms >= 1000, "consumer.maintenance.interval_ms", "is below 1 s")?;
        check(
            self.target_file_bytes >= 1 << 20,
            "consumer.maintenance.target_file_bytes",
            "is below 1 MiB",
        )?;
        check(self.min_files >= 2, "consumer.maintenance.min_files", "is below 2")?;
        // A reader opens files after it has listed them, and a writer lists them after the upload.
        check(
            self.retention_ms >= MIN_RETENTION_MS,
            "consumer.maintenance.retention_ms",
            "is below an hour, the time for which a reader or writer may need a file",
        )?;
        check(
            self.log_retention_ms >= MIN_RETENTION_MS,
            "consumer.maintenance.log_retention_ms",
            "is below an hour",
        )?;
        check(self.memory_bytes >= 8 << 20, "consumer.maintenance.memory_bytes", "is below 8 MiB")?;
        check(self.timeout_ms >= 1000, "consumer.maintenance.timeout_ms", "is below 1 s")
    }
}
