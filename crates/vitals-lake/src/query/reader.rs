//! Execution of queries for one patient on views of the tables that are kept up to date.

use deltalake::datafusion::prelude::SessionContext;
use tokio::sync::Semaphore;

use super::{
    alarms::{AlarmHistory, AlarmQuery, alarms},
    bucket_length::bucket_length,
    history::History,
    plan,
    request::{HistoryQuery, InvalidQuery},
    table_view::TableView,
};
use crate::{
    schema::{ALERTS, VITALS},
    table::Lake,
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
    lake: Lake,
    session: SessionContext,
    pub(super) vitals: TableView,
    pub(super) alerts: TableView,
    permits: Semaphore,
}

impl HistoryReader {
    /// A reader of the tables in `lake`. Reads nothing yet.
    #[must_use]
    pub fn new(lake: Lake) -> Self {
        let permits = Semaphore::new(MAX_CONCURRENT_QUERIES);
        let (vitals, alerts) = (TableView::new(&VITALS), TableView::new(&ALERTS));
        Self { lake, session: plan::session(), vitals, alerts, permits }
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
        let Some(table) = self.vitals.table(&self.lake).await? else {
            return Ok(History::empty(bucket_ms));
        };
        let rows = plan::run(&self.session, &table, query, bucket_ms);
        match self.lake.within("read the history", rows).await {
            Ok(batches) => Ok(History::from_rows(&batches, query.vitals, bucket_ms)?),
            Err(error) => {
                self.vitals.close().await;
                Err(error.into())
            }
        }
    }

    /// The alarms that `query` selects. The result is empty if their table has not been created yet.
    ///
    /// # Errors
    /// When the lake does not respond in time, or its content can't be read.
    pub async fn alarms(&self, query: &AlarmQuery<'_>) -> Result<AlarmHistory, QueryError> {
        let _permit = self.permits.acquire().await.map_err(anyhow::Error::from)?;
        let Some(table) = self.alerts.table(&self.lake).await? else {
            return Ok(AlarmHistory::empty());
        };
        // Boxed: a query's future is too large for the stack.
        let found = Box::pin(alarms(&self.lake, &table, query)).await;
        if found.is_err() {
            self.alerts.close().await;
        }
        Ok(found?)
    }

    /// Checks that the lake responds, with or without a table.
    ///
    /// # Errors
    /// When it does not.
    pub async fn check(&self) -> anyhow::Result<()> {
        self.vitals.table(&self.lake).await.map(drop)
    }
}

impl std::fmt::Debug for HistoryReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HistoryReader").field("lake", &self.lake).finish_non_exhaustive()
    }
}
