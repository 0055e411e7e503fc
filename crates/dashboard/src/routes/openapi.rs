//! `GET /api/openapi.json`: the API as an OpenAPI 3.1 document.

use axum::Json;
use utoipa::OpenApi;
use vitals_core::runtime::problem::Problem;

use super::{
    activity_api, event_stream, model_proxy, patient_alarms, patient_history, pipeline_api,
    service_status, statistics_api, ward_api,
};
use crate::wire;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "vitals dashboard",
        description = "The live ward, the history of every patient and the risk form."
    ),
    paths(
        event_stream::live,
        ward_api::ward,
        ward_api::limits,
        patient_history::history,
        patient_history::history_by_query,
        patient_alarms::alarms,
        statistics_api::statistics,
        statistics_api::live_statistics,
        activity_api::activity,
        activity_api::live_activity,
        activity_api::report,
        model_proxy::predict,
        model_proxy::explain,
        model_proxy::describe,
        model_proxy::models,
        model_proxy::health,
        model_proxy::card,
        pipeline_api::pipeline,
        service_status::status,
        service_status::time,
        openapi
    ),
    components(schemas(Problem, wire::WardUpdate, wire::Heartbeat))
)]
struct Document;

/// The OpenAPI document.
#[utoipa::path(get, path = "/api/openapi.json", responses((status = 200, body = Object)))]
pub(super) async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}
