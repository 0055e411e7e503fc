//! The ward as it is, limits, and how the parts are.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use vitals_core::runtime::{clock::now_ms, problem::Problem};

use super::{App, SERVICE, VERSION};
use crate::{
    alert_limits,
    wire::{Limits, Status, UpDown, WardSnapshot},
};

/// A bug: it is logged, and the answer says no more than that.
pub(super) fn bug(error: &serde_json::Error) -> Problem {
    tracing::error!(%error, "can't write an answer");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Everything that is known of the ward now.
#[utoipa::path(get, path = "/api/ward", responses((status = 200, body = WardSnapshot)))]
pub(super) async fn ward(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let json = app.live.snapshot(now_ms()).map_err(|error| bug(&error))?;
    Ok(([(CONTENT_TYPE, "application/json")], json).into_response())
}

/// The limits that values are marked against.
#[utoipa::path(get, path = "/api/limits", responses((status = 200, body = [Limits])))]
pub(super) async fn limits() -> Json<Vec<Limits>> {
    Json(alert_limits::limits())
}

/// How the dashboard and what it depends on are.
#[utoipa::path(get, path = "/api/status", responses((status = 200, body = Status)))]
pub(super) async fn status(State(app): State<Arc<App>>) -> Json<Status> {
    let (model, lake) = tokio::join!(app.model.is_up(), app.archive.is_up());
    let (patients, readings_per_s) = app.live.figures(now_ms());
    Json(Status {
        service: SERVICE.to_owned(),
        version: VERSION.to_owned(),
        model_server: up(model),
        kafka: up(app.live.connected()),
        lake: up(lake),
        patients,
        readings_per_s,
    })
}

const fn up(up: bool) -> UpDown {
    if up { UpDown::Up } else { UpDown::Down }
}
