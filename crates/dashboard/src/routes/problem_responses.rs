//! OpenAPI descriptions of the routes' error responses.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses,
    openapi::{RefOr, Response},
};
use vitals_core::runtime::problem::ProblemResponses;

/// Errors of the event stream.
pub(super) struct LiveProblems;

impl IntoResponses for LiveProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        ProblemResponses::described(&[("422", "A query parameter is unknown or invalid")])
    }
}

/// Errors of a history query.
pub(super) struct HistoryProblems;

impl IntoResponses for HistoryProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        ProblemResponses::described(&[
            ("422", "Invalid fields, each named"),
            ("503", "The lake is unavailable"),
            ("504", "The query timed out"),
        ])
    }
}

/// Errors of statistics from the lake.
pub(super) struct StatisticsProblems;

impl IntoResponses for StatisticsProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        ProblemResponses::described(&[
            ("422", "Invalid fields, each named"),
            ("503", "The lake is unavailable"),
            ("504", "The computation timed out"),
        ])
    }
}

/// Errors of activity from the lake.
pub(super) struct ActivityProblems;

impl IntoResponses for ActivityProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        ProblemResponses::described(&[
            ("422", "Invalid fields, each named"),
            ("503", "The lake is unavailable"),
            ("504", "The query timed out"),
        ])
    }
}

/// Errors of a reported access.
pub(super) struct ReportProblems;

impl IntoResponses for ReportProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        ProblemResponses::described(&[("4XX", "The report is invalid")])
    }
}

/// Errors of a prediction, the model server's included.
pub(super) struct PredictProblems;

impl IntoResponses for PredictProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        ProblemResponses::described(&[
            ("4XX", "The request is invalid"),
            ("502", "The model server is unavailable"),
            ("504", "The request timed out"),
        ])
    }
}

/// Errors of a request for the model's description.
pub(super) struct ModelProblems;

impl IntoResponses for ModelProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        ProblemResponses::described(&[("502", "The model server is unavailable")])
    }
}

/// Errors of a request for a model's card.
pub(super) struct CardProblems;

impl IntoResponses for CardProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        ProblemResponses::described(&[
            ("404", "The model server has no such version"),
            ("502", "The model server is unavailable"),
        ])
    }
}
