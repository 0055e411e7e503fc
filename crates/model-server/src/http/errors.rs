//! Errors outside every handler: unknown paths and methods, and requests that the server sheds.

use axum::{
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};
use vitals_core::runtime::problem::{self, Problem};

use super::v2::ProtocolError;

/// The response with `problem`, in the form that the path's clients expect: an error of the Open
/// Inference Protocol under `/v2`, a problem document elsewhere.
pub(crate) fn error_response(uri: &Uri, problem: Problem) -> Response {
    let path = uri.path();
    match path.strip_prefix("/v2") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            ProtocolError::from(problem).into_response()
        }
        _ => problem.into_response(),
    }
}

pub(super) async fn not_found(uri: Uri) -> Response {
    error_response(&uri, problem::not_found(uri.clone()).await)
}

pub(super) async fn method_not_allowed(uri: Uri) -> Response {
    error_response(&uri, Problem::new(StatusCode::METHOD_NOT_ALLOWED))
}
