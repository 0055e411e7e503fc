//! The state of the prediction log, for `/health` and `/metrics`.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use serde::Serialize;
use utoipa::ToSchema;
use vitals_core::runtime::kafka::ProducerCallbacks;

use crate::metrics::LogMetrics;

use super::acknowledgements::Acknowledgements;

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
    /// Predictions dropped because the buffer was full during an outage.
    dropped: u64,
    /// Predictions the broker rejected or that timed out.
    failed: u64,
}

/// The counts of an enabled or disabled log.
pub(super) struct LogCounts {
    /// Counts of the Kafka client; absent if the log is disabled.
    callbacks: Option<ProducerCallbacks>,
    /// Present if the log is mandatory.
    acknowledgements: Option<Arc<Acknowledgements>>,
    dropped: AtomicU64,
    /// True while the client's queue is full and does not shrink.
    stuck: AtomicBool,
    /// The start of the shutdown.
    closed: OnceLock<Instant>,
    metrics: LogMetrics,
}

impl std::fmt::Debug for LogCounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LogCounts")
    }
}

impl LogCounts {
    pub(super) fn new(enabled: bool, acknowledgements: Option<Arc<Acknowledgements>>) -> Self {
        let metrics = LogMetrics::new();
        let delivery = metrics.delivery.clone();
        let callbacks = match &acknowledgements {
            _ if !enabled => None,
            None => Some(ProducerCallbacks::new("prediction log", delivery)),
            Some(all) => {
                let all = Arc::clone(all);
                let report = move |key: &[u8], delivered| all.report(key, delivered);
                Some(ProducerCallbacks::observed("prediction log", delivery, Arc::new(report)))
            }
        };
        Self {
            callbacks,
            acknowledgements,
            dropped: AtomicU64::new(0),
            stuck: AtomicBool::new(false),
            closed: OnceLock::new(),
            metrics,
        }
    }

    /// Returns true unless the brokers are unreachable or take nothing.
    pub(super) fn is_flowing(&self) -> bool {
        let up = self.callbacks.as_ref().is_some_and(|callbacks| callbacks.broker().is_up());
        up && !self.stuck.load(Relaxed) && self.closed.get().is_none()
    }

    pub(super) fn set_stuck(&self, stuck: bool) {
        self.stuck.store(stuck, Relaxed);
    }

    /// Marks the start of the shutdown.
    pub(super) fn close(&self) {
        // A second shutdown does not prolong the first.
        let _ = self.closed.set(Instant::now());
    }

    /// The time since the start of the shutdown, if it has started.
    pub(super) fn closed_for(&self) -> Option<Duration> {
        self.closed.get().map(Instant::elapsed)
    }

    /// Returns true if requests wait for acknowledgements.
    pub(super) fn is_mandatory(&self) -> bool {
        self.acknowledgements.is_some()
    }

    /// Counts a message that could not be sent, and reports it to the request that waits for it.
    pub(super) fn message_dropped(&self, key: &str) {
        self.count_dropped(1);
        if let Some(all) = &self.acknowledgements {
            all.report(key.as_bytes(), false);
        }
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
