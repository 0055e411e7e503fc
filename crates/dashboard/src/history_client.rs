//! A client of the lake: history queries with a timeout.

use std::time::{Duration, Instant};

use tokio::time::timeout;
use vitals_lake::query::{self, HistoryQuery, HistoryReader, InvalidQuery, QueryError};

use crate::{
    metrics,
    wire::{History, HistorySeries, SHOWN, vital_name},
};

/// Number of buckets if the request does not name one.
pub const DEFAULT_POINTS: usize = 600;

/// Timeout of a health check.
const HEALTH_CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// A history reader whose queries time out.
#[derive(Debug)]
pub struct HistoryClient {
    reader: HistoryReader,
    request_timeout: Duration,
}

/// A failed history query.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// A field of the query is invalid.
    #[error(transparent)]
    Invalid(#[from] InvalidQuery),
    /// The lake is down, or its data cannot be read.
    #[error("{0:#}")]
    Lake(anyhow::Error),
    /// The query timed out.
    #[error("no response from the lake within {0:?}")]
    TimedOut(Duration),
}

impl HistoryClient {
    /// A client of `reader` whose queries take at most `request_timeout`.
    #[must_use]
    pub const fn new(reader: HistoryReader, request_timeout: Duration) -> Self {
        Self { reader, request_timeout }
    }

    /// The readings of `patient_id` from `from_ms` up to, not including, `to_ms`, in at most
    /// `points` buckets. Empty while the table does not exist.
    ///
    /// # Errors
    /// If the query is invalid, the lake fails or the query times out.
    pub async fn history(
        &self,
        patient_id: &str,
        (from_ms, to_ms): (i64, i64),
        points: usize,
    ) -> Result<History, HistoryError> {
        let query = HistoryQuery { patient_id, from_ms, to_ms, points, vitals: &SHOWN };
        let started = Instant::now();
        // Boxed: a query's future is too large for the stack.
        let running = Box::pin(self.reader.history(&query));
        let outcome = timeout(self.request_timeout, running).await;
        // Failed queries count as well: timeouts are the slowest ones.
        metrics::record_history(started.elapsed());
        match outcome {
            Err(_) => Err(HistoryError::TimedOut(self.request_timeout)),
            Ok(Err(QueryError::Invalid(invalid))) => Err(invalid.into()),
            Ok(Err(QueryError::Lake(error))) => Err(HistoryError::Lake(error)),
            Ok(Ok(found)) => Ok(response(&query, found)),
        }
    }

    /// Returns true if the lake responds to a health check.
    pub async fn is_up(&self) -> bool {
        let check = Box::pin(self.reader.check());
        matches!(timeout(HEALTH_CHECK_TIMEOUT, check).await, Ok(Ok(())))
    }
}

fn response(query: &HistoryQuery<'_>, found: query::History) -> History {
    let series = found.series.into_iter().filter_map(|series| {
        let query::Series { vital, min, avg, max, count } = series;
        Some((vital_name(vital)?, HistorySeries { min, avg, max, count }))
    });
    History {
        patient_id: query.patient_id.to_owned(),
        from_ms: query.from_ms,
        to_ms: query.to_ms,
        bucket_ms: found.bucket_ms,
        time_ms: found.time_ms,
        series: series.collect(),
        rows: found.rows,
    }
}
