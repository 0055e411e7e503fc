//! Execution of history queries on a view of the table that is kept up to date.

use std::time::{Duration, Instant};

use deltalake::{DeltaTable, datafusion::prelude::SessionContext};
use tokio::sync::{Mutex, Semaphore};

use super::{
    alarms::{AlarmHistory, AlarmQuery, alarms},
    bucket_length::bucket_length,
    history::History,
    plan,
    request::{HistoryQuery, InvalidQuery},
};
use crate::{schema::VITALS, table::Lake};

/// The maximum age of the view of the table. The archive commits every few seconds.
pub(super) const MAX_VIEW_AGE: Duration = Duration::from_secs(1);

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
    pub(super) view: Mutex<View>,
    permits: Semaphore,
}

/// The table as last loaded; `None` if it had not been created by then.
#[derive(Default)]
pub(super) struct View {
    table: Option<DeltaTable>,
    pub(super) loaded: Option<Instant>,
}

impl HistoryReader {
    /// A reader of the tables in `lake`. Reads nothing yet.
    #[must_use]
    pub fn new(lake: Lake) -> Self {
        let permits = Semaphore::new(MAX_CONCURRENT_QUERIES);
        Self { lake, session: plan::session(), view: Mutex::default(), permits }
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
        let Some(table) = self.table().await? else {
            return Ok(History::empty(bucket_ms));
        };
        let rows = plan::run(&self.session, &table, query, bucket_ms);
        match self.lake.within("read the history", rows).await {
            Ok(batches) => Ok(History::from_rows(&batches, query.vitals, bucket_ms)?),
            Err(error) => {
                // The table may have been replaced, so the next query opens it anew.
                *self.view.lock().await = View::default();
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
        // Boxed: a query's future is too large for the stack.
        Ok(Box::pin(alarms(&self.lake, query)).await?)
    }

    /// Checks that the lake responds, with or without a table.
    ///
    /// # Errors
    /// When it does not.
    pub async fn check(&self) -> anyhow::Result<()> {
        self.table().await.map(drop)
    }

    /// The table in a version of at most [`MAX_VIEW_AGE`].
    async fn table(&self) -> anyhow::Result<Option<DeltaTable>> {
        let mut view = self.view.lock().await;
        if view.loaded.is_some_and(|at| at.elapsed() < MAX_VIEW_AGE) {
            return Ok(view.table.clone());
        }
        // Taken out first: a view that fails to update is dropped, and with it a hanging client.
        let table = match std::mem::take(&mut *view).table {
            None => self.lake.open(VITALS.name).await?,
            Some(mut table) => {
                // Reads only the commits since the loaded version.
                let update = table.update_incremental(None);
                self.lake.within("look for new rows", update).await?;
                Some(table)
            }
        };
        *view = View { table: table.clone(), loaded: Some(Instant::now()) };
        Ok(table)
    }
}

impl std::fmt::Debug for HistoryReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HistoryReader").field("lake", &self.lake).finish_non_exhaustive()
    }
}
