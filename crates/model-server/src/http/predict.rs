//! `POST /predict`.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use uuid::Uuid;
use vitals_core::{
    domain::features::{FeatureRows, Features},
    runtime::problem::Problem,
};

use crate::{
    metrics::{RiskLevelCounts, Route},
    pipeline::Prediction,
    serving::{LoadedModel, ServedRows},
};

use super::{
    problem_responses::BodyProblems,
    request::{LARGE_BODY_BYTES, run_blocking},
    request_context::RequestContext,
    response::json,
    response_json,
    schemas::{AnyPredictResponse, PredictRequest},
    state::{AppState, Rows, Served, invalid_fields},
};

/// Length of the shortest valid row.
const MIN_ROW_BYTES: usize = 120;

/// Predicts the risk of one person or of an array of persons, with each feature's contribution.
#[utoipa::path(
    post,
    path = "/predict",
    tag = "predictions",
    request_body(content_type = "application/json", content = PredictRequest),
    responses(
        (status = 200, description = "The prediction and its explanation",
            body = AnyPredictResponse),
        BodyProblems,
    )
)]
pub(super) async fn predict(State(app): State<Arc<AppState>>, request: Request) -> Response {
    let context = RequestContext::start(&request);
    let id = context.id;
    let (head, body) = request.into_parts();
    let outcome = respond(&app, &head.headers, body, context).await;
    app.finish(Route::Predict, id, outcome)
}

async fn respond(
    app: &Arc<AppState>,
    headers: &HeaderMap,
    body: Body,
    context: RequestContext,
) -> Result<Response, Problem> {
    let body = app.limits.read_json(headers, body, MIN_ROW_BYTES).await?;
    let served = predict_body(app, body.bytes, context).await?;
    let response = app.complete(served).await?;
    Ok(body.memory.hold(json(response).into_response()))
}

async fn predict_body(
    app: &Arc<AppState>,
    body: Bytes,
    context: RequestContext,
) -> Result<Served<Vec<u8>>, Problem> {
    // A small body takes less time than the handover to another thread.
    if body.len() < LARGE_BODY_BYTES {
        return predict_now(app, &body, context);
    }
    let app = Arc::clone(app);
    run_blocking(move || predict_now(&app, &body, context)).await?
}

/// Parses, predicts and encodes on the current thread.
fn predict_now(
    app: &AppState,
    body: &[u8],
    context: RequestContext,
) -> Result<Served<Vec<u8>>, Problem> {
    let rows = FeatureRows::from_json(body).map_err(|error| app.invalid_features(&error))?;
    // The pool is taken once: a change during the request does not affect it.
    let pool = app.serving.pool();
    let model = &pool.active;
    let refused = match &rows {
        FeatureRows::One(features) => app.refuse_unusable(Rows::One(features)),
        FeatureRows::Many(rows) => app.refuse_unusable(Rows::Many(rows)),
    };
    refused.map_err(invalid_fields)?;
    let (response, rows) = match rows {
        FeatureRows::One(features) => {
            let prediction = predict_one(model, &features);
            let response = response_json::one(&model.template, &features, &prediction, context.id);
            (response, ServedRows::One(features, prediction))
        }
        FeatureRows::Many(rows) => {
            app.check_rows(rows.len())?;
            (predict_many(model, &rows, context.id), ServedRows::Many(rows))
        }
    };
    // Last, so that the recorded latency includes the encoding.
    let submission = app.submit(context, model, pool.shadow.as_ref(), rows);
    Ok(Served { response, submission })
}

fn predict_one(model: &LoadedModel, features: &Features) -> Prediction {
    let prediction = model.saved.pipeline.predict(features);
    let mut counts = RiskLevelCounts::default();
    counts.add(model.saved.manifest.risk_bands.level(prediction.probability));
    model.metrics.count_predictions(counts);
    prediction
}

fn predict_many(model: &LoadedModel, rows: &[Features], id: Uuid) -> Vec<u8> {
    let mut counts = RiskLevelCounts::default();
    let response = response_json::many(
        &model.template,
        rows,
        |features| {
            let prediction = model.saved.pipeline.predict(features);
            counts.add(model.saved.manifest.risk_bands.level(prediction.probability));
            prediction
        },
        id,
    );
    model.metrics.count_predictions(counts);
    response
}
