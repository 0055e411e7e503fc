//! The metrics of one topic's archive, by the label of the topic.
#![expect(clippy::disallowed_macros, reason = "one of the files that record this crate's metrics")]

use std::sync::Arc;

use metrics::{Counter, Gauge, Histogram, SharedString, counter, gauge, histogram};
use vitals_core::runtime::metrics::Metric;

/// The metrics of one topic's archive. Clones share the label.
#[derive(Debug, Clone)]
pub(crate) struct ArchiveMetrics {
    pub(super) topic: SharedString,
}

impl ArchiveMetrics {
    pub(crate) fn new(topic: Arc<str>) -> Self {
        Self { topic: topic.into() }
    }

    pub(super) fn counter(&self, metric: Metric) -> Counter {
        counter!(metric.name, "topic" => self.topic.clone())
    }

    pub(super) fn gauge(&self, metric: Metric) -> Gauge {
        gauge!(metric.name, "topic" => self.topic.clone())
    }

    pub(super) fn partition_gauge(&self, metric: Metric, partition: i32) -> Gauge {
        let labels: [(&'static str, SharedString); 2] =
            [("topic", self.topic.clone()), ("partition", partition.to_string().into())];
        gauge!(metric.name, &labels)
    }

    pub(super) fn histogram(&self, metric: Metric) -> Histogram {
        histogram!(metric.name, "topic" => self.topic.clone())
    }
}
