//! The HTTP server: health, metrics, and `GET /status`.

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::get};
use serde::Serialize;
use vitals_core::runtime::{
    http::{self, Identity},
    readiness::Readiness,
};

use crate::archive::{StatusRecorder, TopicStatus};

/// The response of `GET /status`.
#[derive(Debug, Serialize)]
struct Status {
    topics: Vec<TopicStatus>,
}

/// The routes of the consumer. `recorders` have the status of each topic.
pub(crate) fn router(readiness: Readiness, recorders: Vec<StatusRecorder>) -> Router {
    let identity = Identity { service: "consumer", version: env!("CARGO_PKG_VERSION"), readiness };
    let recorders: Arc<[StatusRecorder]> = recorders.into();
    let status = Router::new().route("/status", get(status)).with_state(recorders);
    http::ops(identity).merge(status)
}

async fn status(State(recorders): State<Arc<[StatusRecorder]>>) -> Json<Status> {
    Json(Status { topics: recorders.iter().map(StatusRecorder::snapshot).collect() })
}
