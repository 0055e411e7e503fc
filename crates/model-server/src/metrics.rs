//! What is counted. Handles are made once, so that counting is an addition.

use std::time::Duration;

use axum::http::StatusCode;
use metrics::{Counter, Histogram, counter, describe_counter, describe_histogram, histogram};
use vitals_core::domain::{
    features::{FEATURE_COUNT, FEATURES, Feature, FieldError, FieldProblem},
    prediction::RiskLevel,
};

use crate::registry::ModelId;

const SECONDS: &str = "model_server_predict_seconds";
const PREDICTIONS: &str = "model_server_predictions_total";
const REQUESTS: &str = "model_server_requests_total";
const REJECTED: &str = "model_server_rejected_fields_total";

/// Statuses that predictions are answered with.
const STATUSES: [u16; 8] = [200, 400, 404, 408, 413, 415, 422, 500];

/// Which way a prediction was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    Predict,
    Explain,
    Infer,
}

const ROUTES: [&str; 3] = ["predict", "explain", "v2_infer"];

/// Counters of the routes.
pub(crate) struct HttpMetrics {
    requests: [[Counter; STATUSES.len()]; ROUTES.len()],
    rejected: [Counter; FEATURE_COUNT],
    rejected_unknown: Counter,
    rejected_body: Counter,
}

/// Counters and the histogram of one version of a model.
pub(crate) struct ModelMetrics {
    seconds: Histogram,
    predictions: [Counter; RiskLevel::ALL.len()],
}

impl std::fmt::Debug for HttpMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HttpMetrics")
    }
}

impl std::fmt::Debug for ModelMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ModelMetrics")
    }
}

impl HttpMetrics {
    /// Registers everything, so that what did not happen yet reads 0.
    pub(crate) fn new() -> Self {
        describe_histogram!(SECONDS, "Time from a request's head to its answer, s");
        describe_counter!(PREDICTIONS, "Predictions by risk level");
        describe_counter!(REQUESTS, "Answers by route and HTTP status");
        describe_counter!(REJECTED, "Fields refused, by field");
        let rejected = |field: &'static str| counter!(REJECTED, "field" => field);
        Self {
            requests: ROUTES.map(|route| {
                STATUSES.map(
                    |status| counter!(REQUESTS, "route" => route, "status" => status.to_string()),
                )
            }),
            rejected: std::array::from_fn(|j| rejected(FEATURES[j].name)),
            rejected_unknown: rejected("unknown"),
            rejected_body: rejected("body"),
        }
    }

    pub(crate) fn answered(&self, route: Route, status: StatusCode) {
        let known = STATUSES.iter().position(|known| *known == status.as_u16());
        if let Some(counter) = known.and_then(|i| self.requests[route as usize].get(i)) {
            counter.increment(1);
        }
    }

    /// Names that were made up by a sender are counted together.
    pub(crate) fn rejected(&self, errors: &[FieldError]) {
        for error in errors {
            let counter = match (&error.problem, Feature::position(&error.field)) {
                (FieldProblem::NotAnObject(_) | FieldProblem::NoRow, _) => &self.rejected_body,
                (_, Some(index)) => &self.rejected[index],
                (_, None) => &self.rejected_unknown,
            };
            counter.increment(1);
        }
    }
}

impl ModelMetrics {
    pub(crate) fn new(id: &ModelId) -> Self {
        let (model, version) = (id.name().to_owned(), id.version().to_owned());
        Self {
            seconds: histogram!(SECONDS, "model" => model.clone(), "version" => version.clone()),
            predictions: RiskLevel::ALL.map(|level| {
                counter!(PREDICTIONS, "risk_level" => level.name(),
                    "model" => model.clone(), "version" => version.clone())
            }),
        }
    }

    pub(crate) fn answered(&self, latency: Duration) {
        self.seconds.record(latency.as_secs_f64());
    }

    pub(crate) fn predicted(&self, risk_levels: RiskLevelCounts) {
        for (counter, rows) in self.predictions.iter().zip(risk_levels.0) {
            if rows > 0 {
                counter.increment(rows);
            }
        }
    }
}

/// Rows by risk level, so that a batch adds once.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RiskLevelCounts([u64; RiskLevel::ALL.len()]);

impl RiskLevelCounts {
    pub(crate) fn add(&mut self, probability: f64) {
        self.0[RiskLevel::of(probability) as usize] += 1;
    }
}
