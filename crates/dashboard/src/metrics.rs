//! The dashboard's metrics.
#![expect(clippy::disallowed_macros, reason = "the only module that records metrics")]

use std::time::Duration;

use metrics::{Counter, counter, gauge, histogram};
use vitals_core::runtime::{
    kafka::DeliveryMetrics,
    metrics::{Metric, MetricKind},
};

const READINGS: &str = "vitals_dashboard_readings_total";
const REJECTED: &str = "vitals_dashboard_rejected_total";
const PATIENTS: &str = "vitals_dashboard_patients";
const BROWSERS: &str = "vitals_dashboard_browsers";
const FRAMES: &str = "vitals_dashboard_frames_total";
const FRAMES_SKIPPED: &str = "vitals_dashboard_frames_skipped_total";
const HISTORY_SECONDS: &str = "vitals_dashboard_history_seconds";
const STATISTICS_SECONDS: &str = "vitals_dashboard_statistics_seconds";
const ACTIVITY_SECONDS: &str = "vitals_dashboard_activity_seconds";
const ACTIVITY_EVENTS: &str = "vitals_dashboard_activity_events_total";
const ACTIVITY_WAITING: &str = "vitals_dashboard_activity_waiting";
const PROXIED: &str = "vitals_dashboard_proxied_total";

/// Every metric of the dashboard, in the order of the data.
pub const METRICS: &[Metric] = &[
    Metric {
        name: READINGS,
        kind: MetricKind::Counter,
        help: "Readings applied to the ward.",
        labels: &[],
    },
    Metric {
        name: REJECTED,
        kind: MetricKind::Counter,
        help: "Messages rejected as readings, by reason.",
        labels: &["reason"],
    },
    Metric { name: PATIENTS, kind: MetricKind::Gauge, help: "Patients on the ward.", labels: &[] },
    Metric {
        name: FRAMES,
        kind: MetricKind::Counter,
        help: "Frames published to the browsers.",
        labels: &[],
    },
    Metric { name: BROWSERS, kind: MetricKind::Gauge, help: "Open event streams.", labels: &[] },
    Metric {
        name: FRAMES_SKIPPED,
        kind: MetricKind::Counter,
        help: "Frames skipped by streams of slow browsers.",
        labels: &[],
    },
    Metric {
        name: HISTORY_SECONDS,
        kind: MetricKind::Histogram,
        help: "Duration of history queries against the lake, in seconds.",
        labels: &[],
    },
    Metric {
        name: STATISTICS_SECONDS,
        kind: MetricKind::Histogram,
        help: "Duration of computing statistics from the lake, in seconds.",
        labels: &[],
    },
    Metric {
        name: ACTIVITY_SECONDS,
        kind: MetricKind::Histogram,
        help: "Duration of activity queries against the lake, in seconds.",
        labels: &[],
    },
    Metric {
        name: ACTIVITY_EVENTS,
        kind: MetricKind::Counter,
        help: "Events of the activity log by outcome: `delivered`, `failed`, or `dropped` because \
               too many waited.",
        labels: &["outcome"],
    },
    Metric {
        name: ACTIVITY_WAITING,
        kind: MetricKind::Gauge,
        help: "Events of the activity log that wait for Kafka.",
        labels: &[],
    },
    Metric {
        name: PROXIED,
        kind: MetricKind::Counter,
        help: "Requests proxied to the model server, by route and response status; `none` without \
               a response.",
        labels: &["route", "status"],
    },
];

/// Counter of readings, looked up once: the poller increments it per message.
pub(crate) fn readings_counter() -> Counter {
    counter!(READINGS)
}

pub(crate) fn count_rejected(reason: &'static str) {
    counter!(REJECTED, "reason" => reason).increment(1);
}

pub(crate) fn set_patients(patients: usize) {
    gauge!(PATIENTS).set(u32::try_from(patients).unwrap_or(u32::MAX));
}

pub(crate) fn count_frame() {
    counter!(FRAMES).increment(1);
}

pub(crate) fn count_skipped_frames(frames: u64) {
    counter!(FRAMES_SKIPPED).increment(frames);
}

pub(crate) fn record_history(took: Duration) {
    histogram!(HISTORY_SECONDS).record(took);
}

pub(crate) fn record_statistics(took: Duration) {
    histogram!(STATISTICS_SECONDS).record(took);
}

pub(crate) fn record_activity_query(took: Duration) {
    histogram!(ACTIVITY_SECONDS).record(took);
}

/// The metrics of the activity log's Kafka client.
pub(crate) fn activity_deliveries() -> DeliveryMetrics {
    DeliveryMetrics {
        delivered: counter!(ACTIVITY_EVENTS, "outcome" => "delivered"),
        failed: counter!(ACTIVITY_EVENTS, "outcome" => "failed"),
        in_flight: gauge!(ACTIVITY_WAITING),
        ..DeliveryMetrics::default()
    }
}

pub(crate) fn count_dropped_activity() {
    counter!(ACTIVITY_EVENTS, "outcome" => "dropped").increment(1);
}

/// Counts a request to the model server; `status` is `None` without a response.
pub(crate) fn count_proxied(route: &'static str, status: Option<u16>) {
    let status = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
    counter!(PROXIED, "route" => route, "status" => status).increment(1);
}

/// Counts an open event stream until it is dropped.
#[derive(Debug)]
pub(crate) struct BrowserGauge;

impl BrowserGauge {
    pub(crate) fn increment() -> Self {
        gauge!(BROWSERS).increment(1);
        Self
    }
}

impl Drop for BrowserGauge {
    fn drop(&mut self) {
        gauge!(BROWSERS).decrement(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_docs_list_every_metric() {
        vitals_core::runtime::metrics::assert_documented("dashboard", METRICS);
    }
}
