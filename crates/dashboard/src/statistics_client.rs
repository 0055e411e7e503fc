//! A client of the lake: statistics of a period, with a timeout.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::Semaphore, time::timeout};
use vitals_core::runtime::clock::now_ms;
use vitals_lake::query::{ArchivedTable, Period, Tables, present_contexts};

use crate::{
    archive::ArchiveClient,
    metrics,
    statistics::{Rejections, Replay, Report, Scope},
    wire::{Statistics, StatisticsSource},
};

/// Longest period of statistics.
pub const MAX_PERIOD_MS: i64 = 7 * 86_400_000;

/// Computes statistics from the lake, one request at a time: each reads every row of its period.
#[derive(Debug)]
pub struct StatisticsClient {
    tables: Arc<Tables>,
    archive: Arc<ArchiveClient>,
    timeout: Duration,
    permits: Semaphore,
}

/// A failed computation.
#[derive(Debug, thiserror::Error)]
pub enum StatisticsError {
    /// The lake is down, or its data cannot be read.
    #[error("{0:#}")]
    Lake(#[from] anyhow::Error),
    /// The computation timed out.
    #[error("no statistics from the lake within {0:?}")]
    TimedOut(Duration),
}

impl StatisticsClient {
    /// A client whose computations, waiting included, take at most `timeout`.
    #[must_use]
    pub fn new(tables: Arc<Tables>, archive: Arc<ArchiveClient>, timeout: Duration) -> Self {
        Self { tables, archive, timeout, permits: Semaphore::new(1) }
    }

    /// The statistics of the readings measured from `from_ms` up to, not including, `to_ms`, and up
    /// to now.
    ///
    /// # Errors
    /// If the lake fails or the computation times out.
    pub async fn statistics(
        &self,
        (from_ms, to_ms): (i64, i64),
        ward: Option<&str>,
    ) -> Result<Statistics, StatisticsError> {
        let started = Instant::now();
        // Boxed: a query's future is too large for the stack.
        let running = Box::pin(self.compute(Period { from_ms, to_ms, ward }));
        let outcome = timeout(self.timeout, running).await;
        metrics::record_statistics(started.elapsed());
        outcome.map_err(|_| StatisticsError::TimedOut(self.timeout))?.map_err(Into::into)
    }

    async fn compute(&self, period: Period<'_>) -> anyhow::Result<Statistics> {
        // One computation at a time, because each may read millions of rows.
        let _permit = self.permits.acquire().await?;
        let now_ms = now_ms();
        // Time to come is not a gap.
        let to_ms = period.to_ms.min(now_ms).max(period.from_ms);
        // First: the scans have at least its messages.
        let archived_up_to = Some(self.archive.up_to(ArchivedTable::Vitals, to_ms).await);
        let contexts = present_contexts(&self.tables).await?;
        let mut replay = Replay::new(&contexts, period.ward, to_ms);
        period.readings(&self.tables, |decoded| replay.add(decoded)).await?;
        let mut rejections = Rejections::default();
        period.rejected(&self.tables, |reason, payload| rejections.add(reason, payload)).await?;
        let scope = Scope {
            source: StatisticsSource::Lake,
            now_ms,
            from_ms: period.from_ms,
            to_ms,
            ward: period.ward.map(ToOwned::to_owned),
        };
        let statistics = Report { scope, tally: replay.finish(), rejections }.into_statistics();
        Ok(Statistics { archived_up_to, ..statistics })
    }
}
