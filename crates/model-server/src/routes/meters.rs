//! What is counted. Handles are taken once: a request only adds.

use std::time::Duration;

use axum::http::StatusCode;
use metrics::{Counter, Histogram, counter, describe_counter, describe_histogram, histogram};
use vitals_core::domain::features::{FEATURE_COUNT, FEATURES, Feature, FieldError, FieldProblem};

use crate::{model::RiskLevel, registry::Manifest};

const SECONDS: &str = "model_server_predict_seconds";
const PREDICTIONS: &str = "model_server_predictions_total";
const REQUESTS: &str = "model_server_requests_total";
const REJECTED: &str = "model_server_rejected_fields_total";

/// Statuses that `/predict` answers with.
const STATUSES: [u16; 7] = [200, 400, 408, 413, 415, 422, 500];

/// Counters and histograms of `/predict`.
pub(super) struct Meters {
    seconds: Histogram,
    predictions: [Counter; RiskLevel::ALL.len()],
    requests: [Counter; STATUSES.len()],
    rejected: [Counter; FEATURE_COUNT],
    rejected_unknown: Counter,
    rejected_body: Counter,
}

impl std::fmt::Debug for Meters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meters")
    }
}

impl Meters {
    /// Registers everything, so that what did not happen yet reads 0.
    pub(super) fn new(manifest: &Manifest) -> Self {
        describe_histogram!(SECONDS, "Time from a request's head to its answer, s");
        describe_counter!(PREDICTIONS, "Predictions by risk level");
        describe_counter!(REQUESTS, "Answers to /predict by HTTP status");
        describe_counter!(REJECTED, "Fields refused, by field");
        let (model, version) = (manifest.name.clone(), manifest.version.clone());
        let rejected = |field: &'static str| counter!(REJECTED, "field" => field);
        Self {
            seconds: histogram!(SECONDS, "model" => model.clone(), "version" => version.clone()),
            predictions: RiskLevel::ALL.map(|level| {
                counter!(PREDICTIONS, "risk_level" => level.name(),
                    "model" => model.clone(), "version" => version.clone())
            }),
            requests: STATUSES.map(|status| counter!(REQUESTS, "status" => status.to_string())),
            rejected: std::array::from_fn(|j| rejected(FEATURES[j].name)),
            rejected_unknown: rejected("unknown"),
            rejected_body: rejected("body"),
        }
    }

    pub(super) fn answered(&self, status: StatusCode, latency: Duration) {
        self.seconds.record(latency.as_secs_f64());
        let known = STATUSES.iter().position(|known| *known == status.as_u16());
        if let Some(counter) = known.and_then(|i| self.requests.get(i)) {
            counter.increment(1);
        }
    }

    pub(super) fn predicted(&self, level: RiskLevel) {
        self.predictions[level as usize].increment(1);
    }

    /// Names that were made up by a sender are counted together.
    pub(super) fn rejected(&self, errors: &[FieldError]) {
        for error in errors {
            let counter = match (&error.problem, Feature::position(&error.field)) {
                (FieldProblem::NotAnObject(_), _) => &self.rejected_body,
                (_, Some(index)) => &self.rejected[index],
                (_, None) => &self.rejected_unknown,
            };
            counter.increment(1);
        }
    }
}
