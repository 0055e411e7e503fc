//! `GET /api/live`.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderName, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;
use vitals_core::runtime::problem::Problem;

use super::{App, ward_api::bug};
use crate::live::Browser;

/// Tells nginx and its like to pass events on at once.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Whom to follow.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Follow {
    /// Only this patient; without it, everybody.
    patient: Option<String>,
}

/// The ward as a stream of events: `snapshot` first, then `update` when something changes, at
/// most four a second, and `heartbeat` every 5 s.
#[utoipa::path(get, path = "/api/live", params(Follow), responses(
    (status = 200, description = "Events: snapshot (WardSnapshot), update (WardUpdate), heartbeat",
        body = String, content_type = "text/event-stream"),
    (status = 422, description = "A parameter that is unknown",
        body = super::openapi::ProblemBody, content_type = "application/problem+json"),
))]
pub(super) async fn live(
    State(app): State<Arc<App>>,
    follow: Result<Query<Follow>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(Follow { patient }) = follow.map_err(|rejection| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY).detail(rejection.body_text())
    })?;
    let (live, shutdown) = (Arc::clone(&app.live), app.shutdown.clone());
    let browser =
        Browser::join(live, patient, app.heartbeat, shutdown).map_err(|error| bug(&error))?;
    let headers = [(CONTENT_TYPE, "text/event-stream"), (BUFFERING, "no")];
    Ok((headers, Body::from_stream(browser.into_stream())).into_response())
}
