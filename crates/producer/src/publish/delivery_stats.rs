//! Counts of readings by delivery state.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use vitals_core::runtime::kafka::DeliveryMetrics;

use crate::metrics;

/// Counts of readings by delivery state at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DeliveryStats {
    /// Handed to the client.
    pub(super) sent: u64,
    /// Acknowledged by the broker.
    pub(super) delivered: u64,
    /// Rejected by the broker or the client.
    pub(super) failed: u64,
}

impl DeliveryStats {
    /// Readings neither acknowledged nor rejected yet.
    pub(super) const fn in_flight(self) -> u64 {
        // A message may be acknowledged before its sending is counted.
        self.sent.saturating_sub(self.delivered + self.failed)
    }

    /// Readings without an acknowledgement.
    pub(super) const fn undelivered(self) -> u64 {
        self.sent.saturating_sub(self.delivered)
    }
}

/// Counters behind [`DeliveryStats`], mirrored in the metrics.
pub(super) struct DeliveryCounters {
    sent: AtomicU64,
    delivered: AtomicU64,
    failed: AtomicU64,
    metrics: DeliveryMetrics,
}

impl DeliveryCounters {
    /// Counters at zero.
    pub(super) fn new() -> Self {
        Self {
            sent: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            metrics: metrics::delivery(),
        }
    }

    pub(super) fn sent(&self) {
        self.sent.fetch_add(1, Relaxed);
        self.metrics.sent.increment(1);
    }

    /// Counts an acknowledgement that arrived `after` the reading was sent.
    pub(super) fn delivered(&self, after: Duration) {
        self.delivered.fetch_add(1, Relaxed);
        self.metrics.delivered.increment(1);
        self.metrics.latency.record(after.as_secs_f64());
    }

    pub(super) fn failed(&self) {
        self.failed.fetch_add(1, Relaxed);
        self.metrics.failed.increment(1);
    }

    /// Reads the counters and updates the gauge of the queue.
    pub(super) fn stats(&self) -> DeliveryStats {
        // The results are read before the total, so that the difference is never negative.
        let delivered = self.delivered.load(Relaxed);
        let failed = self.failed.load(Relaxed);
        let stats = DeliveryStats { sent: self.sent.load(Relaxed), delivered, failed };
        #[expect(clippy::cast_precision_loss, reason = "the queue is bounded far below 2^53")]
        self.metrics.in_flight.set(stats.in_flight() as f64);
        stats
    }
}
