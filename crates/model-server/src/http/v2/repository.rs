//! The model repository: an extension that the servers of the protocol have in common.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::V2Error;
use crate::{
    http::{predict::beside, router::AppState},
    serving::{ChangeError, ServingState, VersionState},
};

/// A version in the repository.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IndexEntry {
    /// Name of the model.
    name: String,
    /// The version.
    version: String,
    /// `READY` or `UNAVAILABLE`.
    state: &'static str,
    /// Why it is unavailable.
    reason: String,
}

/// Everything in the repository.
#[utoipa::path(post, path = "/v2/repository/index", tag = "open inference protocol",
    responses((status = 200, description = "All versions", body = Vec<IndexEntry>)))]
pub(crate) async fn index(State(app): State<Arc<AppState>>) -> Json<Vec<IndexEntry>> {
    let pool = app.serving.pool();
    let mut entries = Vec::new();
    for (name, versions) in &pool.models {
        for (version, state) in versions {
            let (state, reason) = match state {
                VersionState::Ready(_) => ("READY", String::new()),
                VersionState::Refused(why) => ("UNAVAILABLE", why.clone()),
                VersionState::Unloaded => ("UNAVAILABLE", "unloaded".to_owned()),
            };
            entries.push(IndexEntry {
                name: name.clone(),
                version: version.clone(),
                state,
                reason,
            });
        }
    }
    Json(entries)
}

/// Loads a model's versions.
#[utoipa::path(post, path = "/v2/repository/models/{name}/load", tag = "open inference protocol",
    params(("name" = String, Path)),
    responses(
        (status = 200, description = "They are loaded", body = Object),
        (status = "4XX", description = "Not allowed, or no such model", body = V2Error),
    ))]
pub(crate) async fn load(
    State(app): State<Arc<AppState>>,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<Json<serde_json::Value>, V2Error> {
    change(&app, &headers, move |serving| serving.load(&name)).await
}

/// Takes a model's versions out of memory.
#[utoipa::path(post, path = "/v2/repository/models/{name}/unload", tag = "open inference protocol",
    params(("name" = String, Path)),
    responses(
        (status = 200, description = "They are unloaded", body = Object),
        (status = "4XX", description = "Not allowed, no such model, or the active one",
            body = V2Error),
    ))]
pub(crate) async fn unload(
    State(app): State<Arc<AppState>>,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<Json<serde_json::Value>, V2Error> {
    change(&app, &headers, move |serving| serving.unload(&name)).await
}

async fn change(
    app: &AppState,
    headers: &HeaderMap,
    make: impl FnOnce(&ServingState) -> Result<(), ChangeError> + Send + 'static,
) -> Result<Json<serde_json::Value>, V2Error> {
    let refused = |problem: vitals_core::runtime::problem::Problem| {
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::FORBIDDEN);
        V2Error::new(status, problem.detail.unwrap_or(problem.title))
    };
    app.admin.allow(headers).map_err(refused)?;
    let serving = Arc::clone(&app.serving);
    let outcome = beside(move || make(&serving)).await.map_err(refused)?;
    outcome.map_err(|error| refused(crate::http::models::refused(error)))?;
    Ok(Json(serde_json::json!({})))
}
