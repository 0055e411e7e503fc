//! The response to a bug.

use axum::http::StatusCode;
use vitals_core::runtime::problem::Problem;

/// Logs a failed serialization, which is a bug. The response carries no detail.
pub(super) fn internal_error(error: &serde_json::Error) -> Problem {
    tracing::error!(%error, "cannot serialize a response");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
}
