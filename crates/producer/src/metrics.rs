//! Metrics of the producer.
#![expect(clippy::disallowed_macros, reason = "the only module that records metrics")]

use metrics::{counter, gauge, histogram};
use vitals_core::runtime::{
    kafka::DeliveryMetrics,
    metrics::{Metric, MetricKind},
};

/// The metrics of the producer.
pub const METRICS: &[Metric] = &[
    Metric {
        name: "vitals_producer_sent_total",
        kind: MetricKind::Counter,
        help: "Messages handed to the Kafka client: readings, and contexts and ground truth of simulated patients.",
        labels: &[],
    },
    Metric {
        name: "vitals_producer_delivered_total",
        kind: MetricKind::Counter,
        help: "Messages acknowledged by the broker.",
        labels: &[],
    },
    Metric {
        name: "vitals_producer_failed_total",
        kind: MetricKind::Counter,
        help: "Messages rejected by the broker or the Kafka client, or abandoned at the end.",
        labels: &[],
    },
    Metric {
        name: "vitals_producer_queue",
        kind: MetricKind::Gauge,
        help: "Messages in flight: handed to the Kafka client and neither acknowledged nor rejected.",
        labels: &[],
    },
    Metric {
        name: "vitals_producer_delivery_seconds",
        kind: MetricKind::Histogram,
        help: "Time from sending a message to its acknowledgement.",
        labels: &[],
    },
    Metric {
        name: "vitals_producer_skipped_total",
        kind: MetricKind::Counter,
        help: "Lines of a recording that are not sent: without a measurement, or with too few or too many fields.",
        labels: &[],
    },
];

/// Counts the lines of a recording that are not sent.
pub(crate) fn count_skipped(lines: u64) {
    counter!("vitals_producer_skipped_total").increment(lines);
}

/// The metrics of deliveries.
pub(crate) fn delivery() -> DeliveryMetrics {
    DeliveryMetrics {
        sent: counter!("vitals_producer_sent_total"),
        delivered: counter!("vitals_producer_delivered_total"),
        failed: counter!("vitals_producer_failed_total"),
        in_flight: gauge!("vitals_producer_queue"),
        latency: histogram!("vitals_producer_delivery_seconds"),
        ..DeliveryMetrics::default()
    }
}

#[cfg(test)]
mod tests {
    use vitals_core::runtime::metrics::assert_documented;

    use super::METRICS;

    #[test]
    fn metrics_are_documented() {
        assert_documented("producer", METRICS);
    }
}
