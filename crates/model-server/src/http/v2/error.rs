//! The error document of the protocol.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;
use vitals_core::runtime::problem::Problem;

/// Maximum length of a message, bytes.
const MAX_MESSAGE_BYTES: usize = 4096;

/// An error, as the protocol defines it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProtocolError {
    #[serde(skip)]
    status: StatusCode,
    /// Description of the error.
    error: String,
}

impl ProtocolError {
    pub(super) fn bad_request(error: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error: cut(error.into()) }
    }

    pub(super) fn too_many_rows(rows: u64, max_rows: usize) -> Self {
        let error = format!("{rows} rows exceed the limit of {max_rows}");
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, error }
    }

    /// The response could not be encoded.
    pub(super) fn internal(error: &serde_json::Error) -> Self {
        tracing::error!(%error, "request failed: its response can't be encoded");
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, error: "internal error".to_owned() }
    }

    /// The model has no loaded version of that name, or none that serves requests without a version.
    pub(super) fn unknown_model(name: &str, version: Option<&str>) -> Self {
        // The name comes from the client: a long one is cut.
        let shown: String = name.chars().take(64).collect();
        let error = match version {
            Some(_) => format!("this version of model {shown} is unknown or not loaded"),
            None => format!("model {shown} is unknown, or no released version of it is loaded"),
        };
        Self { status: StatusCode::NOT_FOUND, error }
    }
}

/// Cuts a message that may quote the client's text.
fn cut(mut message: String) -> String {
    if message.len() > MAX_MESSAGE_BYTES {
        message.truncate(message.floor_char_boundary(MAX_MESSAGE_BYTES));
        message.push('…');
    }
    message
}

impl From<Problem> for ProtocolError {
    fn from(problem: Problem) -> Self {
        let status =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, error: problem.detail.unwrap_or(problem.title) }
    }
}

impl IntoResponse for ProtocolError {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}
