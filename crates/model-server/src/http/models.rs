//! `/models` and `/shadow`: what is there, and which model answers.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vitals_core::runtime::problem::Problem;

use super::{Description, predict::beside, router::AppState};
use crate::{
    registry::ModelId,
    serving::{ChangeError, ModelPool, ServingState, VersionState, Versions},
};

/// A model and one of its versions.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VersionName {
    /// Name of the model.
    #[schema(pattern = "^[a-z0-9_-]{1,64}$")]
    name: String,
    /// Its version.
    #[schema(pattern = "^[a-z0-9_-]{1,64}$")]
    version: String,
}

/// All models.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Models {
    /// The one that answers.
    active: VersionName,
    /// The one that is scored for comparison, if any.
    shadow: Option<VersionName>,
    /// All of them, by name.
    models: Vec<ModelVersions>,
}

/// The versions of a model.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelVersions {
    /// Name of the model.
    name: String,
    /// By version.
    versions: Vec<VersionEntry>,
}

/// One version.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VersionEntry {
    /// The version.
    version: String,
    /// `ready`, `refused` or `unloaded`.
    state: &'static str,
    /// Whether it answers.
    active: bool,
    /// Why it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What kind of model it is, when it is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    algorithm: Option<&'static str>,
}

impl From<&ModelId> for VersionName {
    fn from(id: &ModelId) -> Self {
        Self { name: id.name().to_owned(), version: id.version().to_owned() }
    }
}

impl Models {
    fn of(pool: &ModelPool) -> Self {
        let entry =
            |(name, versions): (&String, &Versions)| ModelVersions::of(pool, name, versions);
        Self {
            active: VersionName::from(&pool.active.id),
            shadow: pool.shadow.as_ref().map(|shadow| VersionName::from(&shadow.id)),
            models: pool.models.iter().map(entry).collect(),
        }
    }
}

impl ModelVersions {
    fn of(pool: &ModelPool, name: &str, versions: &Versions) -> Self {
        let entry = |(version, state): (&String, &VersionState)| {
            let (word, reason) = match state {
                VersionState::Ready(_) => ("ready", None),
                VersionState::Refused(why) => ("refused", Some(why.clone())),
                VersionState::Unloaded => ("unloaded", None),
            };
            VersionEntry {
                version: version.clone(),
                state: word,
                active: pool.is_active(name, version),
                reason,
                algorithm: state.loaded().map(|model| model.saved.manifest.algorithm.name()),
            }
        };
        Self { name: name.to_owned(), versions: versions.iter().map(entry).collect() }
    }
}

/// All models and their versions.
#[utoipa::path(get, path = "/models", tag = "models",
    responses((status = 200, description = "All models", body = Models)))]
pub(super) async fn list(State(app): State<Arc<AppState>>) -> Json<Models> {
    Json(Models::of(&app.serving.pool()))
}

/// The versions of one model.
#[utoipa::path(get, path = "/models/{name}", tag = "models", params(("name" = String, Path)),
    responses(
        (status = 200, description = "Its versions", body = ModelVersions),
        (status = 404, description = "No such model", body = super::openapi::ProblemBody,
            content_type = "application/problem+json"),
    ))]
pub(super) async fn versions(
    State(app): State<Arc<AppState>>,
    Path(name): Path<String>,
) -> Result<Json<ModelVersions>, Problem> {
    let pool = app.serving.pool();
    let versions = pool.models.get(&name).ok_or_else(|| unknown(&name))?;
    Ok(Json(ModelVersions::of(&pool, &name, versions)))
}

/// One version: features with their ranges, figures, limits.
#[utoipa::path(get, path = "/models/{name}/versions/{version}", tag = "models",
    params(("name" = String, Path), ("version" = String, Path)),
    responses(
        (status = 200, description = "The version", body = Description),
        (status = 404, description = "No such version, or it is not loaded",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn version(
    State(app): State<Arc<AppState>>,
    Path((name, version)): Path<(String, String)>,
) -> Result<Json<Description>, Problem> {
    let pool = app.serving.pool();
    let loaded = pool.ready(&name, Some(&version)).ok_or_else(|| unknown(&name))?;
    Ok(Json(Description::of(&loaded.saved)))
}

/// Lets this version answer from now on, also after a restart.
#[utoipa::path(post, path = "/models/{name}/versions/{version}/activate", tag = "administration",
    params(("name" = String, Path), ("version" = String, Path)),
    responses(
        (status = 200, description = "All models as they are now", body = Models),
        (status = "4XX", description = "Not allowed, no such version, or it is refused",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn activate(
    State(app): State<Arc<AppState>>,
    headers: HeaderMap,
    Path((name, version)): Path<(String, String)>,
) -> Result<Json<Models>, Problem> {
    change(app, &headers, move |serving| serving.activate(&id(name, version)?)).await
}

/// Looks at the folder of models again.
#[utoipa::path(post, path = "/models/reload", tag = "administration",
    responses(
        (status = 200, description = "All models as they are now", body = Models),
        (status = "4XX", description = "Not allowed, or the active version is refused",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn reload(
    State(app): State<Arc<AppState>>,
    headers: HeaderMap,
) -> Result<Json<Models>, Problem> {
    change(app, &headers, ServingState::reload).await
}

/// Scores this version on the same requests, for comparison, until a restart.
#[utoipa::path(put, path = "/shadow", tag = "administration", request_body = VersionName,
    responses(
        (status = 200, description = "All models as they are now", body = Models),
        (status = "4XX", description = "Not allowed, or no such version",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn shadow(
    State(app): State<Arc<AppState>>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Result<Json<Models>, Problem> {
    let VersionName { name, version } = serde_json::from_slice(&body).map_err(|error| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY)
            .detail(format!("the body must be an object with name and version: {error}"))
    })?;
    change(app, &headers, move |serving| serving.shadow(Some(&id(name, version)?))).await
}

/// Ends the comparison.
#[utoipa::path(delete, path = "/shadow", tag = "administration",
    responses(
        (status = 200, description = "All models as they are now", body = Models),
        (status = "4XX", description = "Not allowed", body = super::openapi::ProblemBody,
            content_type = "application/problem+json"),
    ))]
pub(super) async fn no_shadow(
    State(app): State<Arc<AppState>>,
    headers: HeaderMap,
) -> Result<Json<Models>, Problem> {
    change(app, &headers, |serving| serving.shadow(None)).await
}

/// Makes a change, if it is allowed, and says how things are then.
async fn change(
    app: Arc<AppState>,
    headers: &HeaderMap,
    make: impl FnOnce(&ServingState) -> Result<(), ChangeError> + Send + 'static,
) -> Result<Json<Models>, Problem> {
    app.admin.allow(headers)?;
    let serving = Arc::clone(&app.serving);
    beside(move || make(&serving)).await?.map_err(refused)?;
    Ok(Json(Models::of(&app.serving.pool())))
}

fn id(name: String, version: String) -> Result<ModelId, ChangeError> {
    ModelId::new(name, version).map_err(|error| ChangeError::Unknown(error.to_string()))
}

pub(super) fn unknown(name: &str) -> Problem {
    let shown: String = name.chars().take(64).collect();
    Problem::new(StatusCode::NOT_FOUND).detail(format!("there is no model {shown} of that version"))
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
pub(super) fn refused(error: ChangeError) -> Problem {
    let status = match &error {
        ChangeError::Unknown(_) => StatusCode::NOT_FOUND,
        ChangeError::Refused(_) | ChangeError::Active(_) => StatusCode::CONFLICT,
        ChangeError::Save(_) | ChangeError::Load(_) => {
            tracing::error!(%error, "models not changed");
            return Problem::new(StatusCode::INTERNAL_SERVER_ERROR);
        }
    };
    Problem::new(status).detail(error.to_string())
}
