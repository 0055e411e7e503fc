//! The state of the prediction log, for `/health` and `/metrics`.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::Serialize;
use utoipa::ToSchema;
use vitals_core::runtime::kafka::ProducerCallbacks;

use crate::metrics::LogMetrics;

/// The state of the prediction log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct LogStatus {
    /// True if predictions are logged.
    enabled: bool,
    /// True unless every broker is unreachable.
    broker_up: bool,
    /// Predictions in the buffer and in the Kafka client's queue.
    waiting: u64,
    /// Predictions the broker acknowledged.
    delivered: u64,
    /// Predictions dropped because the buffer or the client's queue was full.
    dropped: u64,
    /// Predictions the broker rejected or that timed out.
    failed: u64,
}

/// The counts of an enabled or disabled log.
pub(super) struct LogCounts {
    /// Counts of the Kafka client; absent if the log is disabled.
    callbacks: Option<ProducerCallbacks>,
    dropped: AtomicU64,
    metrics: LogMetrics,
}

impl std::fmt::Debug for LogCounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LogCounts")
    }
}

impl LogCounts {
    pub(super) fn new(enabled: bool) -> Self {
        let metrics = LogMetrics::new();
        let callbacks = if enabled {
            Some(ProducerCallbacks::new("prediction log", metrics.delivery.clone()))
        } else {
            None
        };
        Self { callbacks, dropped: AtomicU64::new(0), metrics }
    }

    /// The callbacks for the Kafka client; `None` if the log is disabled.
    pub(super) fn callbacks(&self) -> Option<&ProducerCallbacks> {
        self.callbacks.as_ref()
    }

    /// Counts rows that were not logged. A disabled log drops nothing.
    pub(super) fn count_dropped(&self, rows: usize) {
        if self.callbacks.is_some() {
            self.dropped.fetch_add(rows as u64, Relaxed);
            self.metrics.dropped.increment(rows as u64);
        }
    }

    /// The state of the log with `buffered` rows in front of the Kafka client.
    pub(super) fn status(&self, buffered: usize) -> LogStatus {
        let callbacks = self.callbacks.as_ref();
        let stats = callbacks.map(ProducerCallbacks::stats).unwrap_or_default();
        // Both queues: in front of the client and inside it.
        let waiting = stats.in_flight() + buffered as u64;
        self.metrics.set_waiting(waiting);
        LogStatus {
            enabled: callbacks.is_some(),
            broker_up: callbacks.is_none_or(|callbacks| callbacks.broker().is_up()),
            waiting,
            delivered: stats.delivered,
            dropped: self.dropped.load(Relaxed),
            failed: stats.failed,
        }
    }
}
