//! Counts of messages by their state of delivery.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use metrics::{Counter, Gauge, Histogram};

/// The messages of a producer, by their state of delivery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeliveryStats {
    /// Messages that the client accepted, plus those that failed before it did.
    pub sent: u64,
    /// Messages that the broker acknowledged.
    pub delivered: u64,
    /// Messages that the client or the broker refused, or whose timeout expired.
    pub failed: u64,
}

impl DeliveryStats {
    /// The number of messages with a delivery report.
    #[must_use]
    pub const fn reported(self) -> u64 {
        self.delivered + self.failed
    }

    /// The number of messages without a delivery report.
    #[must_use]
    pub const fn in_flight(self) -> u64 {
        // The delivery may be reported before `send` returns and the message is counted.
        self.sent.saturating_sub(self.reported())
    }

    /// The number of messages that were not acknowledged: failed or in flight.
    #[must_use]
    pub const fn undelivered(self) -> u64 {
        self.sent.saturating_sub(self.delivered)
    }
}

/// The metrics that a producer keeps; all of them no-ops by default.
#[derive(Clone)]
pub struct DeliveryMetrics {
    /// Messages sent.
    pub sent: Counter,
    /// Messages acknowledged.
    pub delivered: Counter,
    /// Messages failed.
    pub failed: Counter,
    /// Messages in flight.
    pub in_flight: Gauge,
    /// Seconds from sending a message to its acknowledgement.
    pub latency: Histogram,
    /// 1 while the brokers are up, 0 during an outage.
    pub broker_up: Gauge,
}

impl Default for DeliveryMetrics {
    fn default() -> Self {
        Self {
            sent: Counter::noop(),
            delivered: Counter::noop(),
            failed: Counter::noop(),
            in_flight: Gauge::noop(),
            latency: Histogram::noop(),
            broker_up: Gauge::noop(),
        }
    }
}

/// The live counts behind [`DeliveryStats`].
pub(super) struct DeliveryCounts {
    sent: AtomicU64,
    delivered: AtomicU64,
    failed: AtomicU64,
    metrics: DeliveryMetrics,
}

impl DeliveryCounts {
    pub(super) fn new(metrics: DeliveryMetrics) -> Self {
        Self {
            sent: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            metrics,
        }
    }

    pub(super) fn count_sent(&self) {
        self.sent.fetch_add(1, Relaxed);
        self.metrics.sent.increment(1);
    }

    pub(super) fn count_delivered(&self, latency: Duration) {
        self.delivered.fetch_add(1, Relaxed);
        self.metrics.delivered.increment(1);
        self.metrics.latency.record(latency.as_secs_f64());
    }

    pub(super) fn count_failed(&self) {
        self.failed.fetch_add(1, Relaxed);
        self.metrics.failed.increment(1);
    }

    /// Returns the counts and publishes the number in flight.
    pub(super) fn stats(&self) -> DeliveryStats {
        // Reports first: a message is never counted as delivered or failed but not yet as sent.
        let delivered = self.delivered.load(Relaxed);
        let failed = self.failed.load(Relaxed);
        let stats = DeliveryStats { sent: self.sent.load(Relaxed), delivered, failed };
        #[expect(clippy::cast_precision_loss, reason = "the queue is bounded far below 2^53")]
        self.metrics.in_flight.set(stats.in_flight() as f64);
        stats
    }
}
