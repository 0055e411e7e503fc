//! Periodic measurement of the storage below the lake, for `/status` and the metrics.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{config::LakeSettings, tasks::Tasks};
use vitals_lake::{
    storage_report::{StorageMonitor, StorageReport},
    table::Lake,
};

use crate::metrics;

/// The time between two measurements.
const INTERVAL: Duration = Duration::from_secs(15);

/// The time limit of a measurement.
const MEASUREMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// The latest measurement of the lake's storage. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct StorageStatus(Arc<Mutex<LakeStorage>>);

/// The field `storage` of `/status`.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct LakeStorage {
    /// The latest successful measurement.
    #[serde(flatten)]
    report: StorageReport,
    /// The age of the report, seconds. `None` until the first measurement.
    age_s: Option<u64>,
    /// The error of the latest measurement, if it failed.
    error: Option<String>,
    #[serde(skip)]
    measured: Option<Instant>,
}

impl StorageStatus {
    fn latest(&self) -> MutexGuard<'_, LakeStorage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The latest measurement, with its current age.
    pub(crate) fn snapshot(&self) -> LakeStorage {
        let mut storage = self.latest().clone();
        storage.age_s = storage.measured.map(|at| at.elapsed().as_secs());
        storage
    }

    /// Records a measurement. After a failure the last report stays, and its age grows.
    fn record(&self, measurement: anyhow::Result<StorageReport>) {
        let mut latest = self.latest();
        match measurement {
            Ok(report) => {
                metrics::set_lake_storage(&report);
                let measured = Some(Instant::now());
                *latest = LakeStorage { report, measured, ..LakeStorage::default() };
            }
            Err(error) => {
                metrics::add_lake_storage_failure();
                let error = format!("{error:#}");
                // Logged once per outage; `/status` has the error of every measurement.
                if latest.error.is_none() {
                    tracing::warn!(error, "measuring the lake's storage failed");
                }
                latest.error = Some(error);
            }
        }
    }
}

/// Starts the task that measures the storage. It runs beside the archive and holds no lock during
/// a measurement, so a hanging storage delays nothing but the next measurement.
///
/// # Errors
/// When the local root folder can't be created.
pub(crate) fn start(
    tasks: &mut Tasks,
    settings: &LakeSettings,
    shutdown: &CancellationToken,
) -> anyhow::Result<StorageStatus> {
    let lake = Lake::new(settings)?;
    // Less than a commit may wait: the measurement is repeated anyway.
    let timeout = settings.timeout().min(MEASUREMENT_TIMEOUT);
    let monitor = StorageMonitor::new(lake.with_timeout(timeout));
    let status = StorageStatus::default();
    let work = measure(monitor, status.clone());
    let shutdown = shutdown.clone();
    tasks.spawn("lake storage", async move {
        shutdown.run_until_cancelled(work).await;
        Ok(())
    });
    Ok(status)
}

async fn measure(mut monitor: StorageMonitor, status: StorageStatus) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        status.record(monitor.report().await);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_failure_keeps_the_last_report() {
        let status = StorageStatus::default();
        assert_eq!(status.snapshot().age_s, None);
        let report = StorageReport { lake_bytes: 7, safe_mode: Some(true), ..Default::default() };
        status.record(Ok(report));
        status.record(Err(anyhow::anyhow!("lake: no response within 10s")));
        let expected = json!({
            "capacity_bytes": null,
            "used_bytes": null,
            "remaining_bytes": null,
            "lake_bytes": 7,
            "lake_files": 0,
            "safe_mode": true,
            "age_s": 0,
            "error": "lake: no response within 10s",
        });
        assert_eq!(serde_json::to_value(status.snapshot()).unwrap(), expected);
        status.record(Ok(report));
        assert_eq!(status.snapshot().error, None);
    }
}
