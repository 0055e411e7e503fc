//! `POST /explain`.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode},
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
    explain::{CHANGEABLE, Counterfactual, Distance, MAX_CHANGES, sentence},
    metrics::{RiskLevelCounts, Route},
    serving::ServedRows,
};

use super::{
    PredictResponse,
    problem_responses::BodyProblems,
    request::run_blocking,
    request_context::RequestContext,
    response::json,
    schemas::FeaturesSchema,
    state::{AppState, Rows, Served, invalid_fields},
};

/// The query of `/explain`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ExplainQuery {
    /// Share of prediction sets that should hold the true outcome; 0.9 by default.
    #[param(exclusive_minimum = 0, exclusive_maximum = 1)]
    confidence: Option<f64>,
    /// Features that the counterfactual may change at the same time; 2 by default.
    #[param(minimum = 1, maximum = 5)]
    max_features: Option<usize>,
}

/// A prediction with its full explanation.
#[derive(Debug, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(super) struct Explanation<'a> {
    /// The prediction and the contribution of each value.
    #[serde(flatten)]
    response: PredictResponse<'a>,
    /// The two strongest contributions in plain words.
    sentence: String,
    /// The distance to the training rows: how unusual the values are.
    similarity: Distance,
    /// The outcomes that are usual at this score, at the chosen confidence.
    prediction_set: PredictionSet,
    /// The smallest change that would cross the threshold.
    counterfactual: Counterfactual,
}

/// Predicts the risk of one person and explains it: a sentence, the distance to the training rows, a
/// prediction set, and the smallest change that would reverse the prediction.
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
    let (head, body) = request.into_parts();
    let outcome = explain_request(&app, query, &head.headers, body, context).await;
    app.finish(Route::Explain, id, outcome)
}

async fn explain_request(
    app: &Arc<AppState>,
    query: Result<Query<ExplainQuery>, QueryRejection>,
    headers: &HeaderMap,
    body: Body,
    context: RequestContext,
) -> Result<Response, Problem> {
    let options = Options::of(query)?;
    // One row, whatever the length of the body.
    let body = app.limits.read_json(headers, body, usize::MAX).await?;
    let features =
        Features::from_json(&body.bytes).map_err(|error| app.invalid_features(&error))?;
    // The search for a counterfactual takes milliseconds.
    // It runs on the blocking pool, where it does not delay other connections.
    let state = Arc::clone(app);
    let served =
        run_blocking(move || explain_features(&state, &features, options, context)).await??;
    let response = app.complete(served).await?;
    Ok(body.memory.hold(json(response).into_response()))
}

/// The validated query.
#[derive(Clone, Copy)]
struct Options {
    confidence: Confidence,
    max_features: usize,
}

impl Options {
    fn of(query: Result<Query<ExplainQuery>, QueryRejection>) -> Result<Self, Problem> {
        let Query(query) = query.map_err(|rejection| invalid("query", rejection.body_text()))?;
        let confidence = match query.confidence {
            None => Confidence::DEFAULT,
            Some(value) => Confidence::try_from(value)
                .map_err(|error| invalid("confidence", error.to_string()))?,
        };
        let max_features = query.max_features.unwrap_or(MAX_CHANGES);
        let most = CHANGEABLE.len();
        if !(1..=most).contains(&max_features) {
            let message = format!("must be from 1 to {most}, not {max_features}");
            return Err(invalid("max_features", message));
        }
        Ok(Self { confidence, max_features })
    }
}

fn invalid(field: &str, message: String) -> Problem {
    invalid_fields(vec![FieldError::new(field, message)])
}

fn explain_features(
    app: &AppState,
    features: &Features,
    options: Options,
    context: RequestContext,
) -> Result<Served<Vec<u8>>, Problem> {
    let pool = app.serving.pool();
    let model = &pool.active.saved;
    // Checked first: an explanation of a prediction that is not usable would lend it weight.
    app.refuse_unusable(Rows::One(features)).map_err(invalid_fields)?;
    let prediction = model.pipeline.predict(features);
    let explanation = Explanation {
        response: PredictResponse::new(model, features, &prediction, context.id),
        sentence: sentence(features, &prediction),
        similarity: pool.active.similarity.compare(features),
        prediction_set: model.conformal.set(prediction.log_odds, options.confidence),
        counterfactual: model.counterfactual(features, options.max_features),
    };
    let response = serde_json::to_vec(&explanation).map_err(|error| {
        tracing::error!(%error, "can't encode an explanation as JSON");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
    })?;

    // Counted and logged only if a response exists.
    let mut counts = RiskLevelCounts::default();
    counts.add(pool.active.saved.manifest.risk_bands.level(prediction.probability));
    pool.active.metrics.count_predictions(counts);
    let rows = ServedRows::One(*features, prediction);
    let submission = app.submit(context, &pool.active, pool.shadow.as_ref(), rows);
    Ok(Served { response, submission })
}
