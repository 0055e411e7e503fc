//! Questions about the past, asked of the lake.

use std::time::{Duration, Instant};

use metrics::histogram;
use tokio::time::timeout;
use vitals_lake::query::{self, HistoryQuery, HistoryReader, InvalidQuery, QueryError};

use crate::{
    names::{SHOWN, vital_name},
    wire::{History, HistorySeries},
};

/// Points in an answer when the question doesn't say.
pub const DEFAULT_POINTS: usize = 600;

/// Longest wait for the lake when only its state is asked for.
const GLANCE: Duration = Duration::from_secs(2);

/// The lake, asked with patience that ends.
#[derive(Debug)]
pub struct Archive {
    reader: HistoryReader,
    patience: Duration,
}

/// Why there is no history.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// A field of the question is wrong.
    #[error(transparent)]
    Invalid(#[from] InvalidQuery),
    /// The lake is away, or its content can't be read.
    #[error("{0:#}")]
    Lake(anyhow::Error),
    /// No answer in time.
    #[error("no answer from the lake within {0:?}")]
    TooSlow(Duration),
}

impl Archive {
    /// Asks `reader`, and waits for `patience` at most.
    #[must_use]
    pub const fn new(reader: HistoryReader, patience: Duration) -> Self {
        Self { reader, patience }
    }

    /// What was measured of `patient_id` from `from_ms` up to, not including, `to_ms`, in at
    /// most `points` buckets; empty when the table has not been created yet.
    ///
    /// # Errors
    /// A question that makes no sense, or a lake that doesn't answer.
    pub async fn history(
        &self,
        patient_id: &str,
        (from_ms, to_ms): (i64, i64),
        points: usize,
    ) -> Result<History, HistoryError> {
        let question = HistoryQuery { patient_id, from_ms, to_ms, points, vitals: &SHOWN };
        let started = Instant::now();
        // The future of a query is large; it lives on the heap.
        let asked = Box::pin(self.reader.history(&question));
        let found = timeout(self.patience, asked).await;
        histogram!("vitals_dashboard_history_seconds").record(started.elapsed());
        match found {
            Err(_) => Err(HistoryError::TooSlow(self.patience)),
            Ok(Err(QueryError::Invalid(invalid))) => Err(invalid.into()),
            Ok(Err(QueryError::Lake(error))) => Err(HistoryError::Lake(error)),
            Ok(Ok(found)) => Ok(answer(&question, found)),
        }
    }

    /// Whether the lake answers.
    pub async fn is_up(&self) -> bool {
        matches!(timeout(GLANCE, Box::pin(self.reader.check())).await, Ok(Ok(())))
    }
}

fn answer(question: &HistoryQuery<'_>, found: query::History) -> History {
    let series = found.series.into_iter().filter_map(|series| {
        let query::Series { vital, min, avg, max, count } = series;
        Some((vital_name(vital)?, HistorySeries { min, avg, max, count }))
    });
    History {
        patient_id: question.patient_id.to_owned(),
        from_ms: question.from_ms,
        to_ms: question.to_ms,
        bucket_ms: found.bucket_ms,
        time_ms: found.time_ms,
        series: series.collect(),
        rows: found.rows,
    }
}
