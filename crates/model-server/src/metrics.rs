//! The metrics of the model server: name, help text and labels of each, and the handles that
//! record them.
//!
//! A handle is created once, per process or per loaded model, so that recording is one atomic
//! addition and a counter that never increased still reads 0.
#![expect(clippy::disallowed_macros, reason = "the only module of this crate that records metrics")]

use std::time::Duration;

use axum::http::StatusCode;
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use vitals_core::{
    domain::{
        features::{FEATURE_COUNT, FEATURES, Feature, FieldError, FieldProblem},
        prediction::RiskLevel,
    },
    runtime::{
        kafka::DeliveryMetrics,
        metrics::{Metric, MetricKind},
    },
};

use crate::registry::ModelId;

const PREDICT_SECONDS: &str = "vitals_model_server_predict_seconds";
const PREDICTIONS: &str = "vitals_model_server_predictions_total";
const REQUESTS: &str = "vitals_model_server_requests_total";
const REJECTED_FIELDS: &str = "vitals_model_server_rejected_fields_total";
const LOGGED_PREDICTIONS: &str = "vitals_model_server_logged_predictions_total";
const LOG_WAITING: &str = "vitals_model_server_log_waiting";
const LOG_BROKER_UP: &str = "vitals_model_server_log_broker_up";
const SHADOW_COMPARED: &str = "vitals_model_server_shadow_compared_total";
const SHADOW_DIFFERENT: &str = "vitals_model_server_shadow_different_total";
const SHADOW_GAP: &str = "vitals_model_server_shadow_probability_gap";

/// Every metric of the model server.
pub const METRICS: &[Metric] = &[
    Metric {
        name: PREDICT_SECONDS,
        kind: MetricKind::Histogram,
        help: "Time from a request's head to its response, in seconds.",
        labels: &["model", "version"],
    },
    Metric {
        name: PREDICTIONS,
        kind: MetricKind::Counter,
        help: "Predictions, by risk level and model.",
        labels: &["risk_level", "model", "version"],
    },
    Metric {
        name: REQUESTS,
        kind: MetricKind::Counter,
        help: "Prediction requests, by route and HTTP status.",
        labels: &["route", "status"],
    },
    Metric {
        name: REJECTED_FIELDS,
        kind: MetricKind::Counter,
        help: "Invalid fields in requests, by field.",
        labels: &["field"],
    },
    Metric {
        name: LOGGED_PREDICTIONS,
        kind: MetricKind::Counter,
        help: "Predictions offered to the prediction log, by outcome.",
        labels: &["outcome"],
    },
    Metric {
        name: LOG_WAITING,
        kind: MetricKind::Gauge,
        help: "Predictions in the prediction log's buffer and its Kafka client's queue.",
        labels: &[],
    },
    Metric {
        name: LOG_BROKER_UP,
        kind: MetricKind::Gauge,
        help: "1 unless every broker is unreachable, else 0.",
        labels: &[],
    },
    Metric {
        name: SHADOW_COMPARED,
        kind: MetricKind::Counter,
        help: "Predictions that were also scored by the shadow model.",
        labels: &[],
    },
    Metric {
        name: SHADOW_DIFFERENT,
        kind: MetricKind::Counter,
        help: "Predictions in which the shadow model differs, by the value that differs.",
        labels: &["what"],
    },
    Metric {
        name: SHADOW_GAP,
        kind: MetricKind::Histogram,
        help: "Absolute difference between the active and the shadow model's probability.",
        labels: &[],
    },
];

/// Statuses a prediction route responds with.
const STATUSES: [u16; 9] = [200, 400, 404, 408, 413, 415, 422, 500, 503];

/// Values of the label `route`, in the order of [`Route`].
const ROUTES: [&str; 3] = ["predict", "explain", "v2_infer"];

/// A route that returns predictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    Predict,
    Explain,
    Infer,
}

/// The counters of requests and of their invalid fields.
#[derive(Debug)]
pub(crate) struct HttpMetrics {
    requests: [[Counter; STATUSES.len()]; ROUTES.len()],
    rejected_fields: [Counter; FEATURE_COUNT],
    rejected_unknown: Counter,
    rejected_body: Counter,
}

impl HttpMetrics {
    pub(crate) fn new() -> Self {
        Self {
            requests: ROUTES.map(|route| STATUSES.map(|status| requests(route, status))),
            rejected_fields: FEATURES.map(|feature| rejected_fields(feature.name)),
            rejected_unknown: rejected_fields("unknown"),
            rejected_body: rejected_fields("body"),
        }
    }

    pub(crate) fn count_response(&self, route: Route, status: StatusCode) {
        // A linear search: the common statuses are at the front.
        let known = STATUSES.iter().position(|known| *known == status.as_u16());
        // Other statuses can't occur; counting them would need a label from outside.
        if let Some(counter) = known.and_then(|i| self.requests[route as usize].get(i)) {
            counter.increment(1);
        }
    }

    /// Counts invalid fields. Field names that a client made up share one label, so that no
    /// client can add time series.
    pub(crate) fn count_rejected_fields(&self, errors: &[FieldError]) {
        for error in errors {
            let counter = match (&error.problem, Feature::position(&error.field)) {
                (FieldProblem::NotAnObject(_) | FieldProblem::NoRow, _) => &self.rejected_body,
                (_, Some(index)) => &self.rejected_fields[index],
                (_, None) => &self.rejected_unknown,
            };
            counter.increment(1);
        }
    }
}

fn requests(route: &'static str, status: u16) -> Counter {
    counter!(REQUESTS, "route" => route, "status" => status.to_string())
}

fn rejected_fields(field: &'static str) -> Counter {
    counter!(REJECTED_FIELDS, "field" => field)
}

/// The counters and the latency histogram of one version of a model.
#[derive(Debug)]
pub(crate) struct ModelMetrics {
    seconds: Histogram,
    predictions: [Counter; RiskLevel::ALL.len()],
}

impl ModelMetrics {
    pub(crate) fn new(id: &ModelId) -> Self {
        let model = id.name().to_owned();
        let version = id.version().to_owned();
        let predictions = RiskLevel::ALL.map(|level| {
            counter!(PREDICTIONS, "risk_level" => level.name(),
                "model" => model.clone(), "version" => version.clone())
        });
        let seconds = histogram!(PREDICT_SECONDS, "model" => model, "version" => version);
        Self { seconds, predictions }
    }

    pub(crate) fn record_latency(&self, latency: Duration) {
        self.seconds.record(latency.as_secs_f64());
    }

    pub(crate) fn count_predictions(&self, counts: RiskLevelCounts) {
        for (counter, rows) in self.predictions.iter().zip(counts.0) {
            // Most requests have a single risk level.
            if rows > 0 {
                counter.increment(rows);
            }
        }
    }
}

/// Rows by risk level. A batch adds them up before it touches the shared counters.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RiskLevelCounts([u64; RiskLevel::ALL.len()]);

impl RiskLevelCounts {
    pub(crate) fn add(&mut self, level: RiskLevel) {
        self.0[level as usize] += 1;
    }
}

/// The counters and gauges of the prediction log.
pub(crate) struct LogMetrics {
    pub(crate) delivery: DeliveryMetrics,
    pub(crate) dropped: Counter,
    waiting: Gauge,
}

impl LogMetrics {
    pub(crate) fn new() -> Self {
        let delivery = DeliveryMetrics {
            delivered: counter!(LOGGED_PREDICTIONS, "outcome" => "delivered"),
            failed: counter!(LOGGED_PREDICTIONS, "outcome" => "failed"),
            broker_up: gauge!(LOG_BROKER_UP),
            ..DeliveryMetrics::default()
        };
        // Up until the first failure: an idle log has nothing to report.
        delivery.broker_up.set(1.0);
        Self {
            delivery,
            dropped: counter!(LOGGED_PREDICTIONS, "outcome" => "dropped"),
            waiting: gauge!(LOG_WAITING),
        }
    }

    pub(crate) fn set_waiting(&self, rows: u64) {
        self.waiting.set(rows as f64);
    }
}

/// The counters of the comparison with the shadow model.
#[derive(Debug)]
pub(crate) struct ShadowMetrics {
    pub(crate) compared: Counter,
    pub(crate) different_prediction: Counter,
    pub(crate) different_risk_level: Counter,
    pub(crate) probability_gap: Histogram,
}

impl ShadowMetrics {
    pub(crate) fn new() -> Self {
        Self {
            compared: counter!(SHADOW_COMPARED),
            different_prediction: counter!(SHADOW_DIFFERENT, "what" => "prediction"),
            different_risk_level: counter!(SHADOW_DIFFERENT, "what" => "risk_level"),
            probability_gap: histogram!(SHADOW_GAP),
        }
    }
}

#[cfg(test)]
mod tests {
    use vitals_core::runtime::metrics::assert_documented;

    use super::METRICS;

    #[test]
    fn metrics_are_documented() {
        assert_documented("model-server", METRICS);
    }
}
