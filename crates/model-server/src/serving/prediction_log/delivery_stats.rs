//! What became of the predictions that were to be logged.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};
use serde::Serialize;
use utoipa::ToSchema;

const LOGGED: &str = "model_server_logged_predictions_total";
const WAITING: &str = "model_server_log_waiting";
const BROKER: &str = "model_server_log_broker_up";

/// The state of the prediction log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct LogStatus {
    /// Whether predictions are logged.
    enabled: bool,
    /// Whether the broker took the last message; true until the first trouble.
    broker_up: bool,
    /// Predictions that wait to be written.
    waiting: u64,
    /// Predictions that the broker has.
    delivered: u64,
    /// Predictions that were not logged because too many waited.
    dropped: u64,
    /// Predictions that the broker did not take.
    failed: u64,
}

/// Counts for `/metrics` and for `/health`.
pub(super) struct DeliveryStats {
    enabled: bool,
    broker_up: AtomicBool,
    queued: AtomicU64,
    delivered: (AtomicU64, Counter),
    dropped: (AtomicU64, Counter),
    failed: (AtomicU64, Counter),
    waiting: Gauge,
    up: Gauge,
}

impl std::fmt::Debug for DeliveryStats {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeliveryStats")
    }
}

impl DeliveryStats {
    pub(super) fn new(enabled: bool) -> Self {
        describe_counter!(LOGGED, "Predictions for the log by what became of them");
        describe_gauge!(WAITING, "Predictions that wait to be logged");
        describe_gauge!(BROKER, "1 while the broker takes predictions");
        let count =
            |outcome: &'static str| (AtomicU64::new(0), counter!(LOGGED, "outcome" => outcome));
        let up = gauge!(BROKER);
        up.set(1.0);
        Self {
            enabled,
            broker_up: AtomicBool::new(true),
            queued: AtomicU64::new(0),
            delivered: count("delivered"),
            dropped: count("dropped"),
            failed: count("failed"),
            waiting: gauge!(WAITING),
            up,
        }
    }

    pub(super) fn enabled(&self) -> bool {
        self.enabled
    }

    pub(super) fn queued(&self) {
        self.queued.fetch_add(1, Relaxed);
    }

    /// Messages that the client has and that neither arrived nor failed.
    pub(super) fn in_queue(&self) -> u64 {
        self.queued.load(Relaxed)
    }

    pub(super) fn delivered(&self) {
        self.queued.fetch_sub(1, Relaxed);
        add(&self.delivered, 1);
        self.broker(true);
    }

    pub(super) fn failed(&self) {
        self.queued.fetch_sub(1, Relaxed);
        add(&self.failed, 1);
    }

    /// The client's queue is full.
    pub(super) fn refused(&self) {
        self.queued.fetch_sub(1, Relaxed);
        self.dropped(1);
    }

    /// Without a log nothing can be missing from it.
    pub(super) fn dropped(&self, rows: usize) {
        if self.enabled {
            add(&self.dropped, rows as u64);
        }
    }

    pub(super) fn broker_is_up(&self) -> bool {
        self.broker_up.load(Relaxed)
    }

    /// Whether that is news.
    pub(super) fn broker(&self, up: bool) -> bool {
        let news = self.broker_up.swap(up, Relaxed) != up;
        if news {
            self.up.set(f64::from(u8::from(up)));
        }
        news
    }

    pub(super) fn status(&self, buffered: usize) -> LogStatus {
        let waiting = self.queued.load(Relaxed) + buffered as u64;
        self.waiting.set(waiting as f64);
        LogStatus {
            enabled: self.enabled,
            broker_up: self.broker_is_up(),
            waiting,
            delivered: self.delivered.0.load(Relaxed),
            dropped: self.dropped.0.load(Relaxed),
            failed: self.failed.0.load(Relaxed),
        }
    }
}

fn add((count, counter): &(AtomicU64, Counter), rows: u64) {
    count.fetch_add(rows, Relaxed);
    counter.increment(rows);
}
