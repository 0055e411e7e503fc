//! The model repository, an extension that the protocol's servers share.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::{
    http::{model_problems::change_problem, request::run_blocking, state::AppState},
    serving::{ChangeError, ServingState, VersionState},
};

use super::{ProtocolError, V2Path};

/// A version in the repository.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IndexEntry {
    /// Name of the model.
    name: String,
    /// The version.
    version: String,
    /// `READY` or `UNAVAILABLE`.
    state: &'static str,
    /// The reason it is unavailable.
    reason: String,
}

/// Lists the versions in the repository.
#[utoipa::path(post, path = "/v2/repository/index", tag = "open inference protocol",
    operation_id = "repository_index",
    responses((status = 200, description = "All versions", body = Vec<IndexEntry>)))]
pub(crate) async fn index(State(app): State<Arc<AppState>>) -> Json<Vec<IndexEntry>> {
    let pool = app.serving.pool();
    let mut entries = Vec::new();
    for (name, versions) in &pool.models {
        for (version, state) in versions {
            let (state, reason) = match state {
                VersionState::Ready(_) => ("READY", String::new()),
                VersionState::Refused(refusal) => ("UNAVAILABLE", refusal.why.clone()),
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

/// Loads the versions of a model.
#[utoipa::path(post, path = "/v2/repository/models/{name}/load", tag = "open inference protocol",
    operation_id = "repository_load", params(("name" = String, Path)),
    responses(
        (status = 200, description = "They are loaded", body = Object),
        (status = "4XX", description = "Not authorized, or unknown model", body = ProtocolError),
    ))]
pub(crate) async fn load(
    State(app): State<Arc<AppState>>,
    headers: HeaderMap,
    V2Path(name): V2Path<String>,
) -> Result<Json<Value>, ProtocolError> {
    change(&app, &headers, move |serving| serving.load(&name)).await
}

/// Unloads the versions of a model from memory.
#[utoipa::path(post, path = "/v2/repository/models/{name}/unload", tag = "open inference protocol",
    operation_id = "repository_unload", params(("name" = String, Path)),
    responses(
        (status = 200, description = "They are unloaded", body = Object),
        (status = "4XX", description = "Not authorized, unknown model, or the active one",
            body = ProtocolError),
    ))]
pub(crate) async fn unload(
    State(app): State<Arc<AppState>>,
    headers: HeaderMap,
    V2Path(name): V2Path<String>,
) -> Result<Json<Value>, ProtocolError> {
    change(&app, &headers, move |serving| serving.unload(&name)).await
}

async fn change(
    app: &AppState,
    headers: &HeaderMap,
    apply: impl FnOnce(&ServingState) -> Result<(), ChangeError> + Send + 'static,
) -> Result<Json<Value>, ProtocolError> {
    // The same policy as for `/models`; problems become errors of the protocol.
    app.admin.authorize(headers)?;
    let serving = Arc::clone(&app.serving);
    let outcome = run_blocking(move || apply(&serving)).await?;
    outcome.map_err(|error| change_problem(&error))?;
    Ok(Json(json!({})))
}
