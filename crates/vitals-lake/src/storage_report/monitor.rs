//! Repeated measurements with a client that is kept between them.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use tokio::task::JoinHandle;

use super::{StorageReport, hdfs::HdfsStorage, local};
use crate::table::Lake;

/// Measures the storage of a lake.
#[derive(Debug)]
pub struct StorageMonitor {
    lake: Lake,
    /// The client of an HDFS lake. A failure drops it, because its connection may hang.
    hdfs: Option<HdfsStorage>,
    /// A measurement of a local lake that has not finished in time.
    unfinished: Option<JoinHandle<anyhow::Result<StorageReport>>>,
}

impl StorageMonitor {
    /// A monitor of the storage of `lake`. Connects with the first measurement.
    #[must_use]
    pub const fn new(lake: Lake) -> Self {
        Self { lake, hdfs: None, unfinished: None }
    }

    /// Measures the storage, within the lake's time limit.
    ///
    /// # Errors
    /// When the storage fails or does not respond in time.
    pub async fn report(&mut self) -> anyhow::Result<StorageReport> {
        if self.lake.is_local() {
            return self.local().await;
        }
        let url = self.lake.root_url();
        if !url.starts_with("hdfs://") && !url.starts_with("viewfs://") {
            bail!("lake: no storage report for {url}");
        }
        let storage = match self.hdfs.take() {
            Some(storage) => storage,
            None => HdfsStorage::new(url, self.lake.storage_options())?,
        };
        // On failure `?` drops the client.
        let report = self.lake.within("measure the storage", storage.report()).await?;
        self.hdfs = Some(storage);
        Ok(report)
    }

    async fn local(&mut self) -> anyhow::Result<StorageReport> {
        let root = PathBuf::from(self.lake.root_url());
        // A file system that hangs must not occupy one more thread with every measurement.
        let mut measurement = match self.unfinished.take() {
            Some(measurement) => measurement,
            None => tokio::task::spawn_blocking(move || local::report(&root)),
        };
        let report = async { (&mut measurement).await.context("storage report")? };
        let report = self.lake.within("measure the storage", report).await;
        if !measurement.is_finished() {
            self.unfinished = Some(measurement);
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{append, lake, messages};

    #[tokio::test]
    async fn a_local_report_has_the_file_system_and_the_lakes_files() {
        let dir = tempfile::tempdir().unwrap();
        let lake = lake(&dir);
        let mut monitor = StorageMonitor::new(lake.clone());
        assert_eq!(monitor.report().await.unwrap().lake_bytes, 0);
        append(&lake, messages(0, 0..100, |_| false), &[(0, 100)]).await;
        let report = monitor.report().await.unwrap();
        assert!(report.lake_files >= 3, "metadata, commit and data: {report:?}");
        assert!(report.lake_bytes > 1000, "{report:?}");
        let capacity = report.capacity_bytes.unwrap();
        assert!(report.used_bytes.unwrap() <= capacity, "{report:?}");
        assert!(report.remaining_bytes.unwrap() <= capacity, "{report:?}");
        assert_eq!(report.safe_mode, None);
    }
}
