//! The HTTP server: health, metrics, `GET /status` and `GET /watch/burden`.

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::get};
use serde::Serialize;
use vitals_core::runtime::{
    http::{self, Identity},
    readiness::Readiness,
};

use crate::{
    Archives,
    archive::{StatusRecorder, TopicStatus},
    lake_storage::LakeStorage,
    watch::{Burden, WatchSources, WatchStatus},
};

/// The response of `GET /status`.
#[derive(Debug, Serialize)]
struct Status {
    topics: Vec<TopicStatus>,
    storage: LakeStorage,
    /// Absent if the consumer only archives.
    #[serde(skip_serializing_if = "Option::is_none")]
    watch: Option<WatchStatus>,
}

/// The sources of the status.
#[derive(Debug, Clone)]
struct Sources {
    archives: Arc<Archives>,
    watch: Option<WatchSources>,
}

/// The routes of the consumer.
pub(crate) fn router(
    readiness: Readiness,
    archives: Archives,
    watch: Option<WatchSources>,
) -> Router {
    let identity = Identity { service: "consumer", version: env!("CARGO_PKG_VERSION"), readiness };
    let mut router = http::ops(identity);
    if let Some(watch) = watch.clone() {
        router = router.merge(Router::new().route("/watch/burden", get(burden)).with_state(watch));
    }
    let sources = Sources { archives: Arc::new(archives), watch };
    router.merge(Router::new().route("/status", get(status)).with_state(sources))
}

async fn status(State(sources): State<Sources>) -> Json<Status> {
    Json(Status {
        topics: sources.archives.recorders.iter().map(StatusRecorder::snapshot).collect(),
        storage: sources.archives.storage.snapshot(),
        watch: sources.watch.as_ref().map(|watch| watch.recorder.snapshot()),
    })
}

/// The alarm burden of the last 24 hours.
async fn burden(State(watch): State<WatchSources>) -> Json<Burden> {
    Json(watch.burden.snapshot())
}
