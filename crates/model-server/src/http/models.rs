//! `/models` and `/shadow`: the saved models, the active one, and changes to them.

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use vitals_core::runtime::{
    problem::{FieldError, Problem},
    server::PeerAddress,
};

use crate::{
    registry::{Author, ModelId, SignatureState},
    serving::{ChangeError, ModelPool, ServingState, VersionState, Versions},
};

use super::{
    Description,
    model_problems::{change_problem, unknown_version},
    path::ModelPath,
    problem_responses::{AdminProblems, NotFoundProblem},
    request::run_blocking,
    state::AppState,
};

/// A model and one of its versions.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VersionName {
    /// Name of the model.
    #[schema(pattern = "^[a-z0-9_-]{1,64}$")]
    name: String,
    /// The version.
    #[schema(pattern = "^[a-z0-9_-]{1,64}$")]
    version: String,
}

/// All models.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Models {
    /// The version that serves requests.
    active: VersionName,
    /// The version that is scored for comparison, if any.
    shadow: Option<VersionName>,
    /// All models, by name.
    models: Vec<ModelVersions>,
}

/// The versions of a model.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelVersions {
    /// Name of the model.
    name: String,
    /// Its versions, in lexical order.
    versions: Vec<VersionEntry>,
}

/// One version.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VersionEntry {
    /// The version.
    version: String,
    /// `ready`, `refused` or `unloaded`.
    state: &'static str,
    /// True if this version serves requests.
    active: bool,
    /// The reason it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The kind of model, if it is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    algorithm: Option<&'static str>,
    /// The signature of the version, if it is ready: `valid`, `not_checked` because no key is
    /// configured, or `absent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    signature: Option<SignatureState>,
}

impl From<&ModelId> for VersionName {
    fn from(id: &ModelId) -> Self {
        Self { name: id.name().to_owned(), version: id.version().to_owned() }
    }
}

impl Models {
    fn of(pool: &ModelPool) -> Self {
        let models = pool.models.iter();
        Self {
            active: VersionName::from(&pool.active.id),
            shadow: pool.shadow.as_ref().map(|shadow| VersionName::from(&shadow.id)),
            models: models
                .map(|(name, versions)| ModelVersions::of(pool, name, versions))
                .collect(),
        }
    }
}

impl ModelVersions {
    fn of(pool: &ModelPool, name: &str, versions: &Versions) -> Self {
        let versions = versions.iter().map(|(version, state)| {
            VersionEntry::of(version, state, pool.is_active(name, version))
        });
        Self { name: name.to_owned(), versions: versions.collect() }
    }
}

impl VersionEntry {
    fn of(version: &str, state: &VersionState, active: bool) -> Self {
        let (word, reason) = match state {
            VersionState::Ready(_) => ("ready", None),
            VersionState::Refused(refusal) => ("refused", Some(refusal.why.clone())),
            VersionState::Unloaded => ("unloaded", None),
        };
        Self {
            version: version.to_owned(),
            state: word,
            active,
            reason,
            algorithm: state.loaded().map(|model| model.saved.manifest.algorithm.name()),
            signature: state.loaded().map(|model| model.saved.signature),
        }
    }
}

/// Lists all models and their versions.
#[utoipa::path(get, path = "/models", tag = "models",
    responses((status = 200, description = "All models", body = Models)))]
pub(super) async fn list(State(app): State<Arc<AppState>>) -> Json<Models> {
    Json(Models::of(&app.serving.pool()))
}

/// Lists the versions of a model.
#[utoipa::path(get, path = "/models/{name}", tag = "models", params(("name" = String, Path)),
    responses(
        (status = 200, description = "The versions", body = ModelVersions),
        NotFoundProblem,
    ))]
pub(super) async fn versions(
    State(app): State<Arc<AppState>>,
    ModelPath(name): ModelPath<String>,
) -> Result<Json<ModelVersions>, Problem> {
    let pool = app.serving.pool();
    let versions = pool.models.get(&name).ok_or_else(|| unknown_version(&name))?;
    Ok(Json(ModelVersions::of(&pool, &name, versions)))
}

/// Describes a version: features with their ranges, figures, limits.
#[utoipa::path(get, path = "/models/{name}/versions/{version}", tag = "models",
    params(("name" = String, Path), ("version" = String, Path)),
    responses(
        (status = 200, description = "The version", body = Description),
        NotFoundProblem,
    ))]
pub(super) async fn version(
    State(app): State<Arc<AppState>>,
    ModelPath((name, version)): ModelPath<(String, String)>,
) -> Result<Json<Description>, Problem> {
    let pool = app.serving.pool();
    let loaded = pool.ready(&name, Some(&version)).ok_or_else(|| unknown_version(&name))?;
    Ok(Json(Description::of(&loaded.saved)))
}

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
        let address = peer.map_or_else(|| "unknown".to_owned(), |peer| peer.0.0.ip().to_string());
        Ok(Author {
            who: text("who", self.who, 200)?.unwrap_or_else(|| format!("HTTP client {address}")),
            why: text("why", self.why, 2000)?.unwrap_or_else(|| "activated over HTTP".to_owned()),
        })
    }
}

/// The text of a query parameter, trimmed; `None` if it is blank.
fn text(name: &str, text: Option<String>, max: usize) -> Result<Option<String>, Problem> {
    let Some(text) = text else { return Ok(None) };
    if text.chars().count() > max {
        let error = FieldError::new(name, format!("has more than {max} characters"));
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY).errors(vec![error]));
    }
    let text = text.trim();
    Ok(if text.is_empty() { None } else { Some(text.to_owned()) })
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
pub(super) async fn set_shadow(
    State(app): State<Arc<AppState>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Models>, Problem> {
    let VersionName { name, version } = serde_json::from_slice(&body).map_err(|error| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY)
            .detail(format!("the body must be an object with name and version: {error}"))
    })?;
    change(app, &headers, move |serving| serving.set_shadow(Some(&model_id(name, version)?))).await
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
