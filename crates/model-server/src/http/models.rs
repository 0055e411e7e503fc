//! `/models`: the saved models, and the active one.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vitals_core::runtime::problem::Problem;

use crate::{
    registry::{ModelId, SignatureState},
    serving::{ModelPool, VersionState, Versions},
};

use super::{
    Description, model_problems::unknown_version, path::ModelPath,
    problem_responses::NotFoundProblem, state::AppState,
};

/// A model and one of its versions.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VersionName {
    /// Name of the model.
    #[schema(pattern = "^[a-z0-9_-]{1,64}$")]
    pub(super) name: String,
    /// The version.
    #[schema(pattern = "^[a-z0-9_-]{1,64}$")]
    pub(super) version: String,
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
    pub(super) fn of(pool: &ModelPool) -> Self {
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
