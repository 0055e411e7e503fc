//! Section `[consumer.maintenance]`.

use serde::{Deserialize, Serialize};

use super::{ConfigError, check};

/// An hour; a writer or a reader may need a file for that long.
const LEAST_RETENTION_MS: u64 = 3_600_000;

/// How the tables are kept in shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MaintenanceSettings {
    /// Whether a running consumer does it.
    pub enabled: bool,
    /// Time between two runs, ms.
    pub interval_ms: u64,
    /// Size of merged files, bytes.
    pub target_file_bytes: u64,
    /// Files of about the same size that are waited for before they are merged.
    pub min_files: usize,
    /// How long files are kept that were replaced or that no commit names, ms.
    pub retention_ms: u64,
    /// How long older versions of the table can be opened, ms.
    pub log_retention_ms: u64,
    /// Memory for sorting; beyond it temporary files are used, bytes.
    pub memory_bytes: usize,
    /// Longest time that one step may take, ms.
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
        let least =
            |value: u64, least: u64, key, problem: &str| check(value >= least, key, problem);
        least(self.interval_ms, 1000, "consumer.maintenance.interval_ms", "is below 1 s")?;
        least(
            self.target_file_bytes,
            1 << 20,
            "consumer.maintenance.target_file_bytes",
            "is below 1 MiB",
        )?;
        check(self.min_files >= 2, "consumer.maintenance.min_files", "is below 2")?;
        let hour = "is below an hour, for which a reader or writer may need a file";
        least(self.retention_ms, LEAST_RETENTION_MS, "consumer.maintenance.retention_ms", hour)?;
        let key = "consumer.maintenance.log_retention_ms";
        least(self.log_retention_ms, LEAST_RETENTION_MS, key, "is below an hour")?;
        let memory = self.memory_bytes >= 8 << 20;
        check(memory, "consumer.maintenance.memory_bytes", "is below 8 MiB")?;
        least(self.timeout_ms, 1000, "consumer.maintenance.timeout_ms", "is below 1 s")
    }
}
