//! Opening and creating tables.

use std::path::Path as FilePath;

use deltalake::{
    DeltaTable, DeltaTableBuilder, DeltaTableError, TableProperty, ensure_table_uri,
    logstore::{ObjectStoreRef, object_store::ObjectStoreExt as _},
};
use futures::{StreamExt as _, stream::FuturesUnordered};

use super::{Lake, commit_path, hdfs_warm_up::warm_up};
use crate::{
    append::{LogWriter, bounded},
    schema::{REJECTED, Table},
};

/// The waits for the attempts to open a table before a further one is started, as shares of the
/// call's time limit.
const ATTEMPT_SHARES: [f64; 2] = [0.15, 0.25];

impl Lake {
    /// Opens table `name`; `None` if it has not been created yet.
    ///
    /// A connection may hang while all servers are healthy. Beside a slow attempt, a new client
    /// therefore starts another one; the first to end decides, and each has the time that is left
    /// of the call's limit.
    ///
    /// # Errors
    /// When the storage is unavailable or the table can't be read.
    pub async fn open(&self, name: &str) -> anyhow::Result<Option<DeltaTable>> {
        let attempts = async {
            let mut loading = FuturesUnordered::from_iter([self.load(name)]);
            for share in ATTEMPT_SHARES {
                let limit = self.timeout.mul_f64(share);
                if let Ok(Some(opened)) = tokio::time::timeout(limit, loading.next()).await {
                    return opened;
                }
                tracing::warn!(
                    lake.table = name,
                    lake.waited_ms = limit.as_millis(),
                    "opening the table is slow; trying a new client as well"
                );
                loading.push(self.load(name));
            }
            loading.next().await.unwrap_or(Ok(None))
        };
        self.within(&format!("open table {name}"), attempts).await
    }

    async fn load(&self, name: &str) -> Result<Option<DeltaTable>, DeltaTableError> {
        if !self.may_exist(name)? {
            return Ok(None);
        }
        let mut table = self.builder(name)?.build()?;
        // Only the HDFS client has the lock in question.
        if self.root.starts_with("hdfs://") {
            warm_up(&table).await;
        }
        match table.load().await {
            Ok(()) => Ok(Some(table)),
            Err(DeltaTableError::NotATable(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens table `name` for appends; `None` if it has not been created yet.
    ///
    /// # Errors
    /// As for [`open`](Self::open), and when this release can't write to the table.
    pub async fn open_log(&self, name: &str) -> anyhow::Result<Option<LogWriter>> {
        let table = self.open(name).await?;
        Ok(table.map(|table| LogWriter::new(&table)).transpose()?)
    }

    /// Returns an error if the newest commit that `log` knows is gone: the table's folder was moved
    /// away, or the log was cleaned up. A write would begin another log.
    ///
    /// # Errors
    /// As described, and when the storage fails.
    pub async fn require_log(&self, log: &LogWriter) -> anyhow::Result<()> {
        let store = log.table().object_store();
        let commit = commit_path(log.version());
        self.within("find the table's log", store.head(&commit)).await.map(drop)
    }

    /// Opens `table`, or creates it if it does not exist. A table of an earlier release gets the
    /// columns that it lacks. If another process creates it at the
    /// same moment, opens that one.
    ///
    /// # Errors
    /// When the storage is unavailable or the table can't be read or created.
    pub async fn open_or_create(&self, table: &Table) -> anyhow::Result<DeltaTable> {
        let name = table.name;
        if let Some(opened) = self.open_upgraded(table).await? {
            return Ok(opened);
        }
        let created = self.within(&format!("create table {name}"), self.create(table)).await;
        match created {
            Ok(table) => Ok(table),
            // Another process may have won the race.
            Err(error) => self.open(name).await?.ok_or(error),
        }
    }

    async fn create(&self, table: &Table) -> Result<DeltaTable, DeltaTableError> {
        self.builder(table.name)?
            .build()?
            .create()
            .with_table_name(table.name)
            .with_columns(table.delta_fields())
            .with_partition_columns([REJECTED])
            .with_configuration_property(TableProperty::CheckpointInterval, Some("100"))
            .with_configuration_property(TableProperty::EnableExpiredLogCleanup, Some("true"))
            .with_configuration_property(
                TableProperty::DataSkippingStatsColumns,
                Some(table.indexed),
            )
            // No retry: a process that loses the race must open the table instead of committing
            // its metadata a second time.
            .with_commit_properties(bounded().with_max_retries(0))
            .await
    }

    /// The storage of table `name`, with paths relative to the table; `None` if there is no such
    /// table on the local disk.
    pub(crate) fn store(&self, name: &str) -> anyhow::Result<Option<ObjectStoreRef>> {
        if !self.may_exist(name)? {
            return Ok(None);
        }
        Ok(Some(self.builder(name)?.build()?.object_store()))
    }

    /// Returns false for a local table without a log. The library's builder would create its
    /// folder, in the place of one that was moved away.
    fn may_exist(&self, name: &str) -> Result<bool, DeltaTableError> {
        if !self.is_local() {
            return Ok(true);
        }
        Ok(FilePath::new(&self.table_url(name)).join("_delta_log").try_exists()?)
    }

    fn builder(&self, name: &str) -> Result<DeltaTableBuilder, DeltaTableError> {
        let url = ensure_table_uri(self.table_url(name))?;
        Ok(DeltaTableBuilder::from_url(url)?.with_storage_options(self.options.clone()))
    }
}
