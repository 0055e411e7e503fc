//! The learned behaviour of a whole model: importance, dependence, partial dependence, and the
//! card.

use std::{io::ErrorKind, sync::Arc};

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use serde::Serialize;
use utoipa::ToSchema;
use vitals_core::runtime::problem::Problem;

use crate::{
    explain::{Dependence, FeatureOverview, Overview, PartialDependence},
    registry::LoadError,
    serving::LoadedModel,
};

use super::{
    model_problems::unknown_version, path::ModelPath, problem_responses::NotFoundProblem,
    request::run_blocking, response::json, state::AppState,
};

/// The weight of a feature in a model.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Importance {
    /// The feature.
    feature: String,
    /// Mean absolute contribution over the training rows, in log-odds.
    importance: f64,
}

/// Lists the features by mean absolute contribution, the largest first.
#[utoipa::path(get, path = "/models/{name}/versions/{version}/importance", tag = "models",
    params(("name" = String, Path), ("version" = String, Path)),
    responses(
        (status = 200, description = "One entry per feature", body = Vec<Importance>),
        NotFoundProblem,
    ))]
pub(super) async fn importance(
    State(app): State<Arc<AppState>>,
    ModelPath((name, version)): ModelPath<(String, String)>,
) -> Result<Json<Vec<Importance>>, Problem> {
    let model = find_model(&app, &name, &version)?;
    let ranked = model.saved.overview.ranked().into_iter().map(|feature| Importance {
        feature: feature.feature.clone(),
        importance: feature.importance,
    });
    Ok(Json(ranked.collect()))
}

/// Returns a feature's contribution by its value, one point per training row.
#[utoipa::path(get, path = "/models/{name}/versions/{version}/dependence/{feature}",
    tag = "models",
    params(("name" = String, Path), ("version" = String, Path), ("feature" = String, Path)),
    responses(
        (status = 200, description = "The points", body = Dependence),
        NotFoundProblem,
    ))]
pub(super) async fn dependence(
    State(app): State<Arc<AppState>>,
    ModelPath((name, version, feature)): ModelPath<(String, String, String)>,
) -> Result<Json<Dependence>, Problem> {
    let model = find_model(&app, &name, &version)?;
    Ok(Json(find_feature(&model.saved.overview, &feature)?.dependence.clone()))
}

/// Returns the probability by a feature's value, all other values unchanged: the mean, and curves
/// of single rows.
#[utoipa::path(get, path = "/models/{name}/versions/{version}/partial-dependence/{feature}",
    tag = "models",
    params(("name" = String, Path), ("version" = String, Path), ("feature" = String, Path)),
    responses(
        (status = 200, description = "The curves", body = PartialDependence),
        NotFoundProblem,
    ))]
pub(super) async fn partial_dependence(
    State(app): State<Arc<AppState>>,
    ModelPath((name, version, feature)): ModelPath<(String, String, String)>,
) -> Result<Json<PartialDependence>, Problem> {
    let model = find_model(&app, &name, &version)?;
    Ok(Json(find_feature(&model.saved.overview, &feature)?.partial.clone()))
}

/// Returns the model card: intended use, data, performance with uncertainty, groups, limits.
#[utoipa::path(get, path = "/models/{name}/versions/{version}/card", tag = "models",
    params(("name" = String, Path), ("version" = String, Path)),
    responses(
        (status = 200, description = "The card", body = Object),
        NotFoundProblem,
    ))]
pub(super) async fn card(
    State(app): State<Arc<AppState>>,
    ModelPath((name, version)): ModelPath<(String, String)>,
) -> Result<impl IntoResponse, Problem> {
    let model = find_model(&app, &name, &version)?;
    // The card is a file.
    let card = run_blocking(move || app.serving.card(&model)).await?;
    Ok(json(card.map_err(|error| no_card(&error))?))
}

fn no_card(error: &LoadError) -> Problem {
    let detail = match error {
        LoadError::Read { source, .. } if source.kind() == ErrorKind::NotFound => {
            "this version was saved without a card"
        }
        _ => {
            tracing::warn!(%error, "card not returned");
            "the card can't be read, or was changed after the version was loaded"
        }
    };
    Problem::new(StatusCode::NOT_FOUND).detail(detail)
}

fn find_model(app: &AppState, name: &str, version: &str) -> Result<Arc<LoadedModel>, Problem> {
    let pool = app.serving.pool();
    pool.ready(name, Some(version)).cloned().ok_or_else(|| unknown_version(name))
}

fn find_feature<'a>(overview: &'a Overview, name: &str) -> Result<&'a FeatureOverview, Problem> {
    overview.features.iter().find(|feature| feature.feature == name).ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND).detail("the model has no feature of that name")
    })
}
