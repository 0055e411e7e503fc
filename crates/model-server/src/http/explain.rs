//! `POST /explain`.

use std::sync::Arc;

use axum::{
    extract::{Query, Request, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use vitals_core::{
    domain::features::Features,
    runtime::problem::{FieldError, Problem},
};

use crate::{
    attribution::{Confidence, PredictionSet},
    explain::{Counterfactual, sentence},
    metrics::{RiskLevelCounts, Route},
    serving::ServedRows,
};

use super::{
    PredictResponse,
    problem_responses::BodyProblems,
    request::{RequestContext, run_blocking},
    response::json,
    schemas::FeaturesSchema,
    state::{AppState, Served, invalid_fields},
};

/// The query of `/explain`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ExplainQuery {
    /// Share of prediction sets that should hold the true outcome; 0.9 by default.
    #[param(exclusive_minimum = 0, exclusive_maximum = 1)]
    confidence: Option<f64>,
}

/// A prediction with its full explanation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Explanation<'a> {
    /// The prediction and the contribution of each value.
    #[serde(flatten)]
    response: PredictResponse<'a>,
    /// The two strongest contributions in plain words.
    sentence: String,
    /// The outcomes that can't be ruled out at the chosen confidence.
    prediction_set: PredictionSet,
    /// The smallest change that would cross the threshold.
    counterfactual: Counterfactual,
}

/// Predicts the risk of one person and explains it: a sentence, a prediction set, and the smallest
/// change that would reverse the prediction.
#[utoipa::path(post, path = "/explain", tag = "predictions", params(ExplainQuery),
    request_body(content_type = "application/json", content = FeaturesSchema),
    responses(
        (status = 200, description = "The full explanation", body = Explanation<'static>),
        BodyProblems,
    ))]
pub(super) async fn explain(
    State(app): State<Arc<AppState>>,
    query: Result<Query<ExplainQuery>, QueryRejection>,
    request: Request,
) -> Response {
    let context = RequestContext::start(&request);
    let id = context.id;
    let outcome = explain_request(&app, query, request, context).await;
    app.finish(Route::Explain, id, outcome)
}

async fn explain_request(
    app: &Arc<AppState>,
    query: Result<Query<ExplainQuery>, QueryRejection>,
    request: Request,
    context: RequestContext,
) -> Result<Response, Problem> {
    let confidence = confidence(query)?;
    // One row, whatever the length of the body.
    let body = app.limits.read_json(request, usize::MAX).await?;
    let features =
        Features::from_json(&body.bytes).map_err(|error| app.invalid_features(&error))?;
    // The search for a counterfactual takes milliseconds.
    // It runs on the blocking pool, where it does not delay other connections.
    let state = Arc::clone(app);
    let served =
        run_blocking(move || explain_features(&state, &features, confidence, context)).await??;
    let response = app.log(served).await?;
    Ok(body.memory.hold(json(response).into_response()))
}

fn confidence(query: Result<Query<ExplainQuery>, QueryRejection>) -> Result<Confidence, Problem> {
    let Query(query) = query.map_err(|rejection| invalid_confidence(rejection.body_text()))?;
    let Some(value) = query.confidence else { return Ok(Confidence::DEFAULT) };
    Confidence::try_from(value).map_err(|error| invalid_confidence(error.to_string()))
}

fn invalid_confidence(message: String) -> Problem {
    invalid_fields(vec![FieldError::new("confidence", message)])
}

fn explain_features(
    app: &AppState,
    features: &Features,
    confidence: Confidence,
    context: RequestContext,
) -> Result<Served<Vec<u8>>, Problem> {
    let pool = app.serving.pool();
    let model = &pool.active.saved;
    let prediction = model.pipeline.predict(features);
    let explanation = Explanation {
        response: PredictResponse::new(&model.manifest, features, &prediction, context.id),
        sentence: sentence(features, &prediction),
        prediction_set: model.conformal.set(prediction.log_odds, confidence),
        counterfactual: model.counterfactual(features),
    };
    let response = serde_json::to_vec(&explanation).map_err(|error| {
        tracing::error!(%error, "can't encode an explanation as JSON");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
    })?;

    // Counted and logged only if a response exists.
    let mut counts = RiskLevelCounts::default();
    counts.add(prediction.probability);
    pool.active.metrics.count_predictions(counts);
    let rows = ServedRows::One(*features);
    let request = AppState::served(context, &pool.active, pool.shadow.as_ref(), rows);
    Ok(Served { response, request })
}
