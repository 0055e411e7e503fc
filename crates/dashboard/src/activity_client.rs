//! A client of the lake: the activity of a period, with a timeout.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::timeout;
use vitals_core::domain::activity::ActivityEvent;
use vitals_lake::query::{ActivityQuery, Tables, activity};

use crate::{activity::ActivityFilter, metrics};

/// Maximum number of events of a response.
pub const MAX_EVENTS: usize = 1_000;

/// Reads activity from the lake.
#[derive(Debug)]
pub struct ActivityClient {
    tables: Arc<Tables>,
    timeout: Duration,
}

/// A failed query.
#[derive(Debug, thiserror::Error)]
pub enum ActivityError {
    /// The lake is down, or its data cannot be read.
    #[error("{0:#}")]
    Lake(#[from] anyhow::Error),
    /// The query timed out.
    #[error("no activity from the lake within {0:?}")]
    TimedOut(Duration),
}

impl ActivityClient {
    /// A client whose queries take at most `timeout`.
    #[must_use]
    pub const fn new(tables: Arc<Tables>, timeout: Duration) -> Self {
        Self { tables, timeout }
    }

    /// The selected events from `from_ms` up to, not including, `to_ms`, newest first: one more than
    /// [`MAX_EVENTS`] if there are more. Empty while the table does not exist.
    ///
    /// # Errors
    /// If the lake fails or the query times out.
    pub async fn events(
        &self,
        (from_ms, to_ms): (i64, i64),
        filter: &ActivityFilter,
    ) -> Result<Vec<ActivityEvent>, ActivityError> {
        let query = ActivityQuery {
            from_ms,
            to_ms,
            patient_id: filter.patient_id.as_deref(),
            user: filter.user.as_deref(),
            action: filter.action,
            limit: MAX_EVENTS + 1,
        };
        let started = Instant::now();
        // Boxed: a query's future is too large for the stack.
        let running = Box::pin(activity(&self.tables, &query));
        let outcome = timeout(self.timeout, running).await;
        metrics::record_activity_query(started.elapsed());
        outcome.map_err(|_| ActivityError::TimedOut(self.timeout))?.map_err(Into::into)
    }
}
