//! How many readings are where.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use metrics::{Counter, Gauge, Histogram, Unit};

/// Where readings are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DeliveryStats {
    /// Handed to the client.
    pub(super) sent: u64,
    /// Acknowledged by the broker.
    pub(super) delivered: u64,
    /// Refused by the broker.
    pub(super) failed: u64,
}

impl DeliveryStats {
    /// Neither acknowledged nor refused yet.
    pub(super) const fn waiting(self) -> u64 {
        // A message may be acknowledged before its sending is counted.
        self.sent.saturating_sub(self.delivered + self.failed)
    }

    /// Not acknowledged.
    pub(super) const fn missing(self) -> u64 {
        self.sent.saturating_sub(self.delivered)
    }
}

/// DeliveryCounters, here and in the metrics.
pub(super) struct DeliveryCounters {
    sent: (AtomicU64, Counter),
    delivered: (AtomicU64, Counter),
    failed: (AtomicU64, Counter),
    queue: Gauge,
    delivery: Histogram,
}

impl DeliveryCounters {
    /// Nothing counted yet.
    pub(super) fn new() -> Self {
        describe();
        let count = |name: &'static str| (AtomicU64::new(0), metrics::counter!(name));
        Self {
            sent: count("vitals_producer_sent_total"),
            delivered: count("vitals_producer_delivered_total"),
            failed: count("vitals_producer_failed_total"),
            queue: metrics::gauge!("vitals_producer_queue"),
            delivery: metrics::histogram!("vitals_producer_delivery_seconds"),
        }
    }

    pub(super) fn sent(&self) {
        one_more(&self.sent);
    }

    /// Acknowledged `after` it was sent.
    pub(super) fn delivered(&self, after: Duration) {
        one_more(&self.delivered);
        self.delivery.record(after.as_secs_f64());
    }

    pub(super) fn failed(&self) {
        one_more(&self.failed);
    }

    /// The counts now; also sets the gauge of the queue.
    pub(super) fn delivery_stats(&self) -> DeliveryStats {
        let (delivered, failed) = (self.delivered.0.load(Relaxed), self.failed.0.load(Relaxed));
        let stats = DeliveryStats { sent: self.sent.0.load(Relaxed), delivered, failed };
        #[expect(clippy::cast_precision_loss, reason = "the queue is bounded far below 2^53")]
        self.queue.set(stats.waiting() as f64);
        stats
    }
}

fn one_more((number, counter): &(AtomicU64, Counter)) {
    number.fetch_add(1, Relaxed);
    counter.increment(1);
}

fn describe() {
    metrics::describe_counter!("vitals_producer_sent_total", "Readings handed to the client.");
    metrics::describe_counter!(
        "vitals_producer_delivered_total",
        "Readings that the broker acknowledged."
    );
    metrics::describe_counter!(
        "vitals_producer_failed_total",
        "Readings that the broker refused, or that were given up at the end."
    );
    metrics::describe_gauge!(
        "vitals_producer_queue",
        "Readings that are sent and not yet acknowledged."
    );
    metrics::describe_histogram!(
        "vitals_producer_delivery_seconds",
        Unit::Seconds,
        "From sending a reading to its acknowledgement."
    );
}
