//! `GET /api/status` and `GET /api/time`: the state of the dashboard and its dependencies, and its
//! clock.

use std::sync::Arc;

use axum::{Json, extract::State};
use vitals_core::runtime::clock::now_ms;

use super::app::{App, SERVICE, VERSION};
use crate::wire::{ServerTime, Status, UpDown};

/// The state of the dashboard and of the services it depends on.
#[utoipa::path(get, path = "/api/status", responses((status = 200, body = Status)))]
pub(super) async fn status(State(app): State<Arc<App>>) -> Json<Status> {
    let (model, lake) = tokio::join!(app.model.is_up(), app.history.is_up());
    Json(Status {
        service: SERVICE.to_owned(),
        version: VERSION.to_owned(),
        model_server: up_or_down(model),
        kafka: up_or_down(app.hub.is_connected()),
        lake: up_or_down(lake),
        activity: app.activity.state(),
        patients: app.hub.patients(),
        readings_per_s: app.hub.readings_per_s(now_ms()),
    })
}

/// The server's clock. Half of the round trip bounds the error of a clock that is set by it.
#[utoipa::path(get, path = "/api/time", responses((status = 200, body = ServerTime)))]
pub(super) async fn time() -> Json<ServerTime> {
    Json(ServerTime { server_time_ms: now_ms() })
}

const fn up_or_down(up: bool) -> UpDown {
    if up { UpDown::Up } else { UpDown::Down }
}
