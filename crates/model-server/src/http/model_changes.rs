//! Changes to the models: activation, reload, and the shadow.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;
use vitals_core::runtime::{
    problem::{FieldError, Problem},
    server::PeerAddress,
};

use crate::{
    registry::{Author, ModelId},
    serving::{ChangeError, ServingState},
};

use super::{
    model_problems::change_problem,
    models::{Models, VersionName},
    path::ModelPath,
    problem_responses::AdminProblems,
    request::run_blocking,
    request_context::caller,
    state::{AppState, explained},
};

/// The author of an activation, for the ledger.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct AuthorQuery {
    /// The person who activates the version; the address of the connection by default.
    #[param(max_length = 200)]
    who: Option<String>,
    /// The reason.
    #[param(max_length = 2000)]
    why: Option<String>,
}

impl AuthorQuery {
    fn author(self, peer: Option<Extension<PeerAddress>>) -> Result<Author, Problem> {
        let address = peer.map_or_else(|| "unknown".to_owned(), |peer| caller(peer.0).to_string());
        Ok(Author {
            who: text("who", self.who, Author::MAX_NAME)?
                .unwrap_or_else(|| format!("HTTP client {address}")),
            why: text("why", self.why, Author::MAX_REASON)?
                .unwrap_or_else(|| "activated over HTTP".to_owned()),
        })
    }
}

/// The text of a query parameter, trimmed; `None` if it is blank.
fn text(name: &str, text: Option<String>, max: usize) -> Result<Option<String>, Problem> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    Author::text(&text, max).map(Some).map_err(|problem| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY).errors(vec![FieldError::new(name, problem)])
    })
}

/// Activates a version that `model-server release` has released, now and after a restart.
#[utoipa::path(post, path = "/models/{name}/versions/{version}/activate", tag = "administration",
    params(("name" = String, Path), ("version" = String, Path), AuthorQuery),
    responses(
        (status = 200, description = "All models after the change", body = Models),
        AdminProblems,
    ))]
pub(super) async fn activate(
    State(app): State<Arc<AppState>>,
    headers: HeaderMap,
    peer: Option<Extension<PeerAddress>>,
    ModelPath((name, version)): ModelPath<(String, String)>,
    query: Result<Query<AuthorQuery>, QueryRejection>,
) -> Result<Json<Models>, Problem> {
    let Query(query) = query.map_err(|rejection| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY).detail(rejection.body_text())
    })?;
    let author = query.author(peer)?;
    change(app, &headers, move |serving| serving.activate(&model_id(name, version)?, &author)).await
}

/// Reloads the folder of models.
#[utoipa::path(post, path = "/models/reload", tag = "administration",
    responses(
        (status = 200, description = "All models after the change", body = Models),
        AdminProblems,
    ))]
pub(super) async fn reload(
    State(app): State<Arc<AppState>>,
    headers: HeaderMap,
) -> Result<Json<Models>, Problem> {
    change(app, &headers, ServingState::reload).await
}

/// Sets the shadow model, which is scored on the same requests for comparison until a restart.
#[utoipa::path(put, path = "/shadow", tag = "administration", request_body = VersionName,
    responses(
        (status = 200, description = "All models after the change", body = Models),
        AdminProblems,
    ))]
pub(super) async fn set_shadow(State(app): State<Arc<AppState>>, request: Request) -> Response {
    explained(set_shadow_to(app, request).await.into_response())
}

async fn set_shadow_to(app: Arc<AppState>, request: Request) -> Result<Json<Models>, Problem> {
    // Nothing is read for a client that may not change the models.
    app.admin.authorize(request.headers())?;
    let (head, body) = request.into_parts();
    let body = app.limits.read_json(&head.headers, body, usize::MAX).await?;
    let VersionName { name, version } = serde_json::from_slice(&body.bytes).map_err(|error| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY)
            .detail(format!("the body must be an object with name and version: {error}"))
    })?;
    change(app, &head.headers, move |serving| serving.set_shadow(Some(&model_id(name, version)?)))
        .await
}

/// Removes the shadow model.
#[utoipa::path(delete, path = "/shadow", tag = "administration",
    responses(
        (status = 200, description = "All models after the change", body = Models),
        AdminProblems,
    ))]
pub(super) async fn clear_shadow(
    State(app): State<Arc<AppState>>,
    headers: HeaderMap,
) -> Result<Json<Models>, Problem> {
    change(app, &headers, |serving| serving.set_shadow(None)).await
}

/// Applies a change if the request is authorized, and returns the models after it.
async fn change(
    app: Arc<AppState>,
    headers: &HeaderMap,
    apply: impl FnOnce(&ServingState) -> Result<(), ChangeError> + Send + 'static,
) -> Result<Json<Models>, Problem> {
    // Authorization comes before anything that reads the registry.
    app.admin.authorize(headers)?;
    let serving = Arc::clone(&app.serving);
    // Loading a model reads files.
    let outcome = run_blocking(move || apply(&serving)).await?;
    outcome.map_err(|error| change_problem(&error))?;
    Ok(Json(Models::of(&app.serving.pool())))
}

fn model_id(name: String, version: String) -> Result<ModelId, ChangeError> {
    ModelId::new(name, version).map_err(|error| ChangeError::Unknown(error.to_string()))
}
