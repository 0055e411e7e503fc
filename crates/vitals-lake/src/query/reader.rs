//! Execution of queries for one patient.

use std::sync::Arc;

use deltalake::datafusion::prelude::SessionContext;
use tokio::sync::Semaphore;

use super::{
    alarms::{AlarmHistory, AlarmQuery, alarms},
    bucket_length::bucket_length,
    history::History,
    plan,
    request::{HistoryQuery, InvalidQuery},
    tables::Tables,
};

/// The maximum number of concurrent queries; further ones wait. Decoding Parquet occupies a core,
/// and the live view needs one too.
const MAX_CONCURRENT_QUERIES: usize = 2;

/// The reason that a query failed.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The query is invalid.
    #[error(transparent)]
    Invalid(#[from] InvalidQuery),
    /// The storage is unavailable, too slow, or its content can't be read.
    #[error(transparent)]
    Lake(#[from] anyhow::Error),
}

/// Executes queries for the history of a patient.
pub struct HistoryReader {
    tables: Arc<Tables>,
    session: SessionContext,
    permits: Semaphore,
}

impl HistoryReader {
    /// A reader of `tables`. Reads nothing yet.
    #[must_use]
    pub fn new(tables: Arc<Tables>) -> Self {
        let permits = Semaphore::new(MAX_CONCURRENT_QUERIES);
        Self { tables, session: plan::session(), permits }
    }

    /// Executes `query`. The result is empty if the table has not been created yet.
    ///
    /// # Errors
    /// When the query is invalid, or the lake does not respond in time.
    pub async fn history(&self, query: &HistoryQuery<'_>) -> Result<History, QueryError> {
        query.validate()?;
        let bucket_ms = bucket_length(query);
        // The number of concurrent queries bounds the memory that they take.
        let _permit = self.permits.acquire().await.map_err(anyhow::Error::from)?;
        let Tables { lake, vitals, .. } = &*self.tables;
        let read = async |table| {
            let rows = plan::run(&self.session, &table, query);
            let batches = lake.within("read the history", rows).await?;
            History::from_rows(&batches, query, bucket_ms)
        };
        Ok(vitals.read(lake, read).await?.unwrap_or_else(|| History::empty(bucket_ms)))
    }

    /// The alarms that `query` selects. The result is empty if their table has not been created yet.
    ///
    /// # Errors
    /// When the lake does not respond in time, or its content can't be read.
    pub async fn alarms(&self, query: &AlarmQuery<'_>) -> Result<AlarmHistory, QueryError> {
        let _permit = self.permits.acquire().await.map_err(anyhow::Error::from)?;
        let Tables { lake, alerts, .. } = &*self.tables;
        // Boxed: a query's future is too large for the stack.
        let read = async |table| Box::pin(alarms(lake, &table, query)).await;
        Ok(alerts.read(lake, read).await?.unwrap_or_else(AlarmHistory::empty))
    }

    /// Checks that the lake responds, with or without a table.
    ///
    /// # Errors
    /// When it does not.
    pub async fn check(&self) -> anyhow::Result<()> {
        self.tables.vitals.table(&self.tables.lake).await.map(drop)
    }
}

impl std::fmt::Debug for HistoryReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HistoryReader").field("tables", &self.tables).finish_non_exhaustive()
    }
}
