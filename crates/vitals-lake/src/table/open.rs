//! Opening and creating tables.

use deltalake::{
    DeltaTable, DeltaTableBuilder, DeltaTableError, TableProperty, ensure_table_uri,
    kernel::transaction::CommitProperties,
};

use super::{Lake, hdfs_warm_up::warm_up};
use crate::schema::{REJECTED, Table};

/// The time limits of all attempts to open a table but the last, as shares of the whole call's.
/// The last attempt has the remaining time.
const EARLY_ATTEMPT_SHARES: [f64; 2] = [0.15, 0.25];

impl Lake {
    /// Opens table `name`; `None` if it has not been created yet.
    ///
    /// A connection may hang while all servers are healthy. A slow attempt is therefore abandoned
    /// and repeated with a new client, all within the time limit of one call.
    ///
    /// # Errors
    /// When the storage is unavailable or the table can't be read.
    pub async fn open(&self, name: &str) -> anyhow::Result<Option<DeltaTable>> {
        let attempts = async {
            for share in EARLY_ATTEMPT_SHARES {
                let limit = self.timeout.mul_f64(share);
                if let Ok(opened) = tokio::time::timeout(limit, self.load(name)).await {
                    return opened;
                }
                tracing::warn!(
                    lake.table = name,
                    lake.timeout_ms = limit.as_millis(),
                    "opening the table timed out; retrying with a new client"
                );
            }
            self.load(name).await
        };
        self.within(&format!("open table {name}"), attempts).await
    }

    async fn load(&self, name: &str) -> Result<Option<DeltaTable>, DeltaTableError> {
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

    /// Opens `table`, or creates it if it does not exist. If another process creates it at the
    /// same moment, opens that one.
    ///
    /// # Errors
    /// When the storage is unavailable or the table can't be read or created.
    pub async fn open_or_create(&self, table: &Table) -> anyhow::Result<DeltaTable> {
        let name = table.name;
        if let Some(table) = self.open(name).await? {
            return Ok(table);
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
            .with_commit_properties(CommitProperties::default().with_max_retries(0))
            .await
    }

    fn builder(&self, name: &str) -> Result<DeltaTableBuilder, DeltaTableError> {
        let url = ensure_table_uri(self.table_url(name))?;
        Ok(DeltaTableBuilder::from_url(url)?.with_storage_options(self.options.clone()))
    }
}
