//! Definitions of metrics: kind, name, labels and help.

use vitals_core::runtime::metrics::{Metric, MetricKind};

pub(super) const TOPIC: &[&str] = &["topic"];
pub(super) const PARTITION: &[&str] = &["topic", "partition"];
pub(super) const TABLE: &[&str] = &["table"];

pub(super) const fn counter(
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Metric {
    Metric { name, kind: MetricKind::Counter, help, labels }
}

pub(super) const fn gauge(
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Metric {
    Metric { name, kind: MetricKind::Gauge, help, labels }
}

pub(super) const fn histogram(
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Metric {
    Metric { name, kind: MetricKind::Histogram, help, labels }
}

/// A condition as a gauge: 1 or 0.
pub(super) fn flag(value: bool) -> f64 {
    f64::from(u8::from(value))
}
