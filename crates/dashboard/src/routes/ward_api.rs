//! `GET /api/ward` and `GET /api/limits`: the ward's current state and its alert limits.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use vitals_core::{
    domain::activity::View,
    runtime::{clock::now_ms, problem::Problem},
};

use super::{app::App, internal_error::internal_error};
use crate::{
    activity::{Access, Caller},
    alert_limits::alert_limits,
    wire::{Limits, WardSnapshot},
};

/// The current state of every patient.
#[utoipa::path(get, path = "/api/ward", responses((status = 200, body = WardSnapshot)))]
pub(super) async fn ward(State(app): State<Arc<App>>, caller: Caller) -> Result<Response, Problem> {
    app.activity.record(&caller, &Access::viewed(View::Ward));
    let json = app.hub.snapshot(now_ms()).map_err(|error| internal_error(&error))?;
    Ok(([(CONTENT_TYPE, "application/json")], json).into_response())
}

/// The alert limits of every vital.
#[utoipa::path(get, path = "/api/limits", responses((status = 200, body = [Limits])))]
pub(super) async fn limits() -> Json<Vec<Limits>> {
    Json(alert_limits())
}
