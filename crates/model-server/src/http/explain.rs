//! `POST /explain`, and what a model has learnt as a whole.

use std::{sync::Arc, time::Instant};

use axum::{
    Json,
    extract::{Path, Query, Request, State, rejection::QueryRejection},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use vitals_core::{
    domain::features::Features,
    runtime::problem::{FieldError, Problem},
};

use super::{
    PredictResponse,
    models::unknown,
    predict::{answered, beside, finish, refuse, request_id},
    request,
    router::{AppState, json},
};
use crate::{
    attribution::{Confidence, PredictionSet},
    explain::{Counterfactual, Dependence, Overview, PartialDependence, sentence},
    metrics::{RiskLevelCounts, Route},
    serving::{LoadedModel, ServedRows},
};

/// How sure the prediction set is to be.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Level {
    /// How often the prediction set should hold the true outcome; 0.9 unless given.
    #[param(exclusive_minimum = 0, exclusive_maximum = 1)]
    confidence: Option<f64>,
}

/// A prediction with everything that can be said about it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Explanation<'a> {
    /// The prediction and what each value contributes.
    #[serde(flatten)]
    answer: PredictResponse<'a>,
    /// The two strongest contributions in plain words.
    sentence: String,
    /// The outcomes that can't be ruled out at the chosen confidence.
    prediction_set: PredictionSet,
    /// The smallest change that would cross the threshold.
    counterfactual: Counterfactual,
}

/// A prediction, its sentence, its prediction set and the smallest change that would turn it.
#[utoipa::path(post, path = "/explain", tag = "predictions", params(Level),
    request_body(content_type = "application/json", content = super::openapi::FeaturesBody),
    responses(
        (status = 200, description = "The full explanation", body = Explanation<'static>),
        (status = 400, description = "Not JSON", body = super::openapi::ProblemBody,
            content_type = "application/problem+json"),
        (status = 408, description = "The body did not arrive in time",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = super::openapi::ProblemBody,
            content_type = "application/problem+json"),
        (status = 415, description = "Not JSON by its content type",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Fields that are wrong, every one named",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn explain(
    State(app): State<Arc<AppState>>,
    level: Result<Query<Level>, QueryRejection>,
    request: Request,
) -> Response {
    let started = Instant::now();
    let id = request_id();
    let outcome = async {
        let confidence = confidence(level)?;
        let bytes = request::read(request, app.max_body_bytes).await?;
        let features = Features::from_json(&bytes).map_err(|error| refuse(&app, &error))?;
        // A counterfactual is a search of some milliseconds.
        let worker = Arc::clone(&app);
        beside(move || full(&worker, &features, confidence, id, started)).await?
    };
    let outcome: Result<Vec<u8>, Problem> = outcome.await;
    let json = |body: Vec<u8>| ([(CONTENT_TYPE, "application/json")], body).into_response();
    finish(&app, Route::Explain, id, outcome.map(json))
}

fn confidence(level: Result<Query<Level>, QueryRejection>) -> Result<Confidence, Problem> {
    let wrong = |message: String| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY)
            .detail("1 field is wrong")
            .errors(vec![FieldError::new("confidence", message)])
    };
    let Query(level) = level.map_err(|rejection| wrong(rejection.body_text()))?;
    let Some(value) = level.confidence else { return Ok(Confidence::DEFAULT) };
    Confidence::try_from(value).map_err(|error| wrong(error.to_string()))
}

fn full(
    app: &AppState,
    features: &Features,
    confidence: Confidence,
    id: Uuid,
    started: Instant,
) -> Result<Vec<u8>, Problem> {
    let pool = app.serving.pool();
    let model = &pool.active.saved;
    let prediction = model.pipeline.predict(features);
    let explanation = Explanation {
        answer: PredictResponse::new(&model.manifest, features, &prediction, id),
        sentence: sentence(features, &prediction),
        prediction_set: model.conformal.set(prediction.log_odds, confidence),
        counterfactual: model.counterfactual(features),
    };
    let body = serde_json::to_vec(&explanation).map_err(|error| {
        tracing::error!(%error, "can't write an explanation");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
    })?;
    let mut risk_levels = RiskLevelCounts::default();
    risk_levels.add(prediction.probability);
    pool.active.metrics.predicted(risk_levels);
    answered(app, &pool.active, pool.shadow.as_ref(), id, started, ServedRows::One(*features));
    Ok(body)
}

/// How much a feature weighs in a model.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Importance {
    /// The feature.
    feature: String,
    /// Mean size of its contribution over the training rows, in log-odds.
    importance: f64,
}

/// The features by their mean contribution, the most important first.
#[utoipa::path(get, path = "/models/{name}/versions/{version}/importance", tag = "models",
    params(("name" = String, Path), ("version" = String, Path)),
    responses(
        (status = 200, description = "One entry per feature", body = Vec<Importance>),
        (status = 404, description = "No such version", body = super::openapi::ProblemBody,
            content_type = "application/problem+json"),
    ))]
pub(super) async fn importance(
    State(app): State<Arc<AppState>>,
    Path((name, version)): Path<(String, String)>,
) -> Result<Json<Vec<Importance>>, Problem> {
    let loaded = find(&app, &name, &version)?;
    let ranked = loaded.saved.overview.ranked().into_iter();
    let entry = |feature: &crate::explain::FeatureOverview| Importance {
        feature: feature.feature.clone(),
        importance: feature.importance,
    };
    Ok(Json(ranked.map(entry).collect()))
}

/// A feature's contribution by its value, one point per training row.
#[utoipa::path(get, path = "/models/{name}/versions/{version}/dependence/{feature}",
    tag = "models",
    params(("name" = String, Path), ("version" = String, Path), ("feature" = String, Path)),
    responses(
        (status = 200, description = "The points", body = Dependence),
        (status = 404, description = "No such version or feature",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn dependence(
    State(app): State<Arc<AppState>>,
    Path((name, version, feature)): Path<(String, String, String)>,
) -> Result<Json<Dependence>, Problem> {
    let loaded = find(&app, &name, &version)?;
    let of = of_feature(&loaded.saved.overview, &feature)?;
    Ok(Json(of.dependence.clone()))
}

/// The probability by a feature's value, everything else as it is: the mean, and single people.
#[utoipa::path(get, path = "/models/{name}/versions/{version}/partial-dependence/{feature}",
    tag = "models",
    params(("name" = String, Path), ("version" = String, Path), ("feature" = String, Path)),
    responses(
        (status = 200, description = "The curves", body = PartialDependence),
        (status = 404, description = "No such version or feature",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn partial_dependence(
    State(app): State<Arc<AppState>>,
    Path((name, version, feature)): Path<(String, String, String)>,
) -> Result<Json<PartialDependence>, Problem> {
    let loaded = find(&app, &name, &version)?;
    let of = of_feature(&loaded.saved.overview, &feature)?;
    Ok(Json(of.partial.clone()))
}

/// The model card: intended use, data, performance with uncertainty, groups, limits.
#[utoipa::path(get, path = "/models/{name}/versions/{version}/card", tag = "models",
    params(("name" = String, Path), ("version" = String, Path)),
    responses(
        (status = 200, description = "The card", body = Object),
        (status = 404, description = "No such version, or it has no card",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
    ))]
pub(super) async fn card(
    State(app): State<Arc<AppState>>,
    Path((name, version)): Path<(String, String)>,
) -> Result<impl IntoResponse, Problem> {
    let loaded = find(&app, &name, &version)?;
    let read = beside(move || app.serving.card(&loaded.id)).await?;
    let card = read.map_err(|_| {
        Problem::new(StatusCode::NOT_FOUND).detail("this version was saved without a card")
    })?;
    Ok(json(card))
}

fn find(app: &AppState, name: &str, version: &str) -> Result<Arc<LoadedModel>, Problem> {
    let pool = app.serving.pool();
    pool.ready(name, Some(version)).cloned().ok_or_else(|| unknown(name))
}

fn of_feature<'a>(
    overview: &'a Overview,
    name: &str,
) -> Result<&'a crate::explain::FeatureOverview, Problem> {
    overview.features.iter().find(|feature| feature.feature == name).ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND).detail("the model has no feature of that name")
    })
}
