//! The HTTP server: health, metrics, and `GET /status`.

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::get};
use serde::Serialize;
use vitals_core::runtime::{
    http::{self, Identity},
    readiness::Readiness,
};

use crate::{
    archive::{StatusRecorder, TopicStatus},
    lake_storage::{LakeStorage, StorageStatus},
};

/// The response of `GET /status`.
#[derive(Debug, Serialize)]
struct Status {
    topics: Vec<TopicStatus>,
    storage: LakeStorage,
}

/// The sources of the status.
#[derive(Debug, Clone)]
struct Sources {
    recorders: Arc<[StatusRecorder]>,
    storage: StorageStatus,
}

/// The routes of the consumer. `recorders` have the status of each topic, `storage` that of the
/// lake's storage.
pub(crate) fn router(
    readiness: Readiness,
    recorders: Vec<StatusRecorder>,
    storage: StorageStatus,
) -> Router {
    let identity = Identity { service: "consumer", version: env!("CARGO_PKG_VERSION"), readiness };
    let sources = Sources { recorders: recorders.into(), storage };
    let status = Router::new().route("/status", get(status)).with_state(sources);
    http::ops(identity).merge(status)
}

async fn status(State(sources): State<Sources>) -> Json<Status> {
    Json(Status {
        topics: sources.recorders.iter().map(StatusRecorder::snapshot).collect(),
        storage: sources.storage.snapshot(),
    })
}
