//! `GET /api/live`: the ward as server-sent events.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderName, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;
use vitals_core::{domain::activity::View, runtime::problem::Problem};

use super::{app::App, internal_error::internal_error, problem_responses::LiveProblems};
use crate::{
    activity::{Access, Caller},
    live::Subscriber,
};

/// Disables response buffering in nginx and similar proxies.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Query parameters.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct LiveQuery {
    /// Restricts the stream to this patient.
    patient: Option<String>,
}

/// The ward as a stream of events: a `snapshot` first, then an `update` when patients change (at
/// most one per `dashboard.tick_ms`) and a `heartbeat` every `settings.heartbeat_ms` of the
/// snapshot.
#[utoipa::path(get, path = "/api/live", params(LiveQuery), responses(
    (status = 200, description = "Events: snapshot (WardSnapshot), update (WardUpdate), heartbeat",
        body = String, content_type = "text/event-stream"),
    LiveProblems,
))]
pub(super) async fn live(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Result<Query<LiveQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(LiveQuery { patient }) = query.map_err(|rejection| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY).detail(rejection.body_text())
    })?;
    let view = if patient.is_some() { View::Patient } else { View::Ward };
    app.activity.record(&caller, &Access::viewed(view).of_patient(patient.as_deref()));
    let hub = Arc::clone(&app.hub);
    let subscriber = Subscriber::new(hub, patient, app.shutdown.clone())
        .map_err(|error| internal_error(&error))?;
    // A proxy that buffers would hold events back until its buffer is full.
    let headers = [(CONTENT_TYPE, "text/event-stream"), (ACCEL_BUFFERING, "no")];
    Ok((headers, Body::from_stream(subscriber.into_stream())).into_response())
}
