//! `GET /api/pipeline`: the services as they report themselves.

use std::sync::Arc;

use axum::{Json, extract::State};

use super::app::App;
use crate::wire::Pipeline;

/// Health, readiness, archive and trends of the services, as of the last poll.
#[utoipa::path(get, path = "/api/pipeline", responses((status = 200, body = Pipeline)))]
pub(super) async fn pipeline(State(app): State<Arc<App>>) -> Json<Pipeline> {
    Json(app.monitor.pipeline())
}
