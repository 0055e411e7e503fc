//! A client of the lake: history queries with a timeout.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::timeout;
use vitals_lake::query::{
    self, AlarmQuery, ArchivedTable, HistoryQuery, HistoryReader, InvalidQuery, QueryError,
};

use crate::{
    archive::ArchiveClient,
    metrics,
    wire::{
        AlarmHistory, ArchivedUpTo, DoubtedSeries, History, HistoryDevice, HistorySeries,
        vital_name,
    },
};

/// Number of buckets if the request does not name one.
pub const DEFAULT_POINTS: usize = 600;

/// Maximum number of transitions of alarms that a query reads: thousands of alarms.
const MAX_TRANSITIONS: usize = 10_000;

/// Timeout of a health check.
const HEALTH_CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// A history reader whose queries time out.
#[derive(Debug)]
pub struct HistoryClient {
    reader: HistoryReader,
    archive: Arc<ArchiveClient>,
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
    pub const fn new(
        reader: HistoryReader,
        archive: Arc<ArchiveClient>,
        request_timeout: Duration,
    ) -> Self {
        Self { reader, archive, request_timeout }
    }

    /// The readings of a patient, in buckets. Empty while the table does not exist.
    ///
    /// # Errors
    /// If the query is invalid, the lake fails or the query times out.
    pub async fn history(&self, query: &HistoryQuery<'_>) -> Result<History, HistoryError> {
        let found = async {
            // First: the query has at least its messages.
            let archived_up_to = self.archive.up_to(ArchivedTable::Vitals, query.to_ms).await;
            Ok((archived_up_to, self.reader.history(query).await?))
        };
        // Boxed: a query's future is too large for the stack.
        let (archived_up_to, found) = self.within_timeout(Box::pin(found)).await?;
        Ok(response(query, found, archived_up_to))
    }

    /// The alarms of `patient_id` that lasted between `from_ms` and `to_ms`, exclusive. Empty while
    /// their table does not exist.
    ///
    /// # Errors
    /// If the lake fails or the query times out.
    pub async fn alarms(
        &self,
        patient_id: &str,
        (from_ms, to_ms): (i64, i64),
    ) -> Result<AlarmHistory, HistoryError> {
        let query = AlarmQuery { patient_id, from_ms, to_ms, limit: MAX_TRANSITIONS };
        let found = async {
            let archived_up_to = self.archive.up_to(ArchivedTable::Alerts, to_ms).await;
            Ok((archived_up_to, self.reader.alarms(&query).await?))
        };
        let (archived_up_to, found) = self.within_timeout(Box::pin(found)).await?;
        Ok(AlarmHistory {
            patient_id: patient_id.to_owned(),
            from_ms,
            to_ms,
            alarms: found.alarms.into_iter().map(Into::into).collect(),
            complete: found.complete,
            archived_up_to,
        })
    }

    /// Awaits a query, and records its duration.
    async fn within_timeout<T>(
        &self,
        query: impl Future<Output = Result<T, QueryError>>,
    ) -> Result<T, HistoryError> {
        let started = Instant::now();
        let outcome = timeout(self.request_timeout, query).await;
        // Failed queries count as well: timeouts are the slowest ones.
        metrics::record_history(started.elapsed());
        match outcome {
            Err(_) => Err(HistoryError::TimedOut(self.request_timeout)),
            Ok(Err(QueryError::Invalid(invalid))) => Err(invalid.into()),
            Ok(Err(QueryError::Lake(error))) => Err(HistoryError::Lake(error)),
            Ok(Ok(found)) => Ok(found),
        }
    }

    /// Returns true if the lake responds to a health check.
    pub async fn is_up(&self) -> bool {
        let check = Box::pin(self.reader.check());
        matches!(timeout(HEALTH_CHECK_TIMEOUT, check).await, Ok(Ok(())))
    }
}

fn response(
    query: &HistoryQuery<'_>,
    found: query::History,
    archived_up_to: ArchivedUpTo,
) -> History {
    let series = found.series.into_iter().filter_map(|series| {
        let query::Series { vital, min, avg, max, count, doubted } = series;
        let doubted =
            doubted.map(|query::Doubted { min, max, count }| DoubtedSeries { min, max, count });
        Some((vital_name(vital)?, HistorySeries { min, avg, max, count, doubted }))
    });
    History {
        patient_id: query.patient_id.to_owned(),
        from_ms: query.from_ms,
        to_ms: query.to_ms,
        bucket_ms: found.bucket_ms,
        time_ms: found.time_ms,
        series: series.collect(),
        rows: found.rows,
        archived_up_to,
        device: query.device.map(ToOwned::to_owned),
        devices: found.devices.into_iter().map(device).collect(),
    }
}

fn device(found: query::Device) -> HistoryDevice {
    let query::Device { id, readings, values } = found;
    let values = values.into_iter().filter_map(|(vital, count)| Some((vital_name(vital)?, count)));
    HistoryDevice { device_id: id, readings, values: values.collect() }
}
