//! `GET /openapi.json`: the API as an OpenAPI 3.1 document.

use utoipa::OpenApi;
use vitals_core::runtime::problem::{FieldError, Problem};

use super::{description, explain, learned, model_changes, models, predict, response, schemas, v2};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "vitals model server",
        description = "Predicts the risk of diabetes and explains every prediction."
    ),
    paths(
        predict::predict,
        models::list,
        models::versions,
        models::version,
        explain::explain,
        learned::card,
        learned::importance,
        learned::dependence,
        learned::partial_dependence,
        model_changes::activate,
        model_changes::reload,
        model_changes::set_shadow,
        model_changes::clear_shadow,
        v2::metadata::server,
        v2::metadata::model,
        v2::metadata::version,
        v2::metadata::model_ready,
        v2::metadata::version_ready,
        v2::infer::model,
        v2::infer::version,
        v2::repository::index,
        v2::repository::load,
        v2::repository::unload,
        // Routes of other crates or without a handler of their own.
        v2_live,
        v2_ready,
        health,
        ready,
        metrics,
        model,
        openapi
    ),
    components(schemas(
        // Bodies encoded by hand refer to these by name.
        schemas::PredictRequest,
        schemas::FeaturesSchema,
        Problem,
        FieldError,
        schemas::AnyPredictResponse,
        response::PredictResponse<'static>,
        schemas::BatchPredictResponse,
        schemas::RowPrediction,
        response::Contribution,
        description::Description,
        description::FeatureDescription
    ))
)]
struct Document;

/// The document.
pub(super) fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// Reports that the server is alive, the active model, and the state of the prediction log.
#[utoipa::path(get, path = "/health",
    responses((status = 200, description = "Alive", body = description::Health)))]
#[expect(dead_code, reason = "carries the description of a route")]
fn health() {}

/// Reports whether the server can serve requests.
#[utoipa::path(get, path = "/ready", responses(
    (status = 200, description = "Ready", body = Object),
    (status = 503, description = "Not ready, with the reasons", body = Object),
))]
#[expect(dead_code, reason = "carries the description of a route")]
fn ready() {}

/// Returns the metrics in Prometheus' text format.
#[utoipa::path(get, path = "/metrics",
    responses((status = 200, description = "All metrics", body = String,
        content_type = "text/plain")))]
#[expect(dead_code, reason = "carries the description of a route")]
fn metrics() {}

/// Describes the active model: features with their ranges, figures, limits.
#[utoipa::path(get, path = "/model", responses(
    (status = 200, description = "The active model", body = description::Description)
))]
#[expect(dead_code, reason = "carries the description of a route")]
fn model() {}

/// Returns this document.
#[utoipa::path(get, path = "/openapi.json", responses(
    (status = 200, description = "OpenAPI 3.1", body = Object)
))]
#[expect(dead_code, reason = "carries the description of a route")]
fn openapi() {}

/// Reports that the server is alive, as the protocol defines it.
#[utoipa::path(get, path = "/v2/health/live", tag = "open inference protocol",
    responses((status = 200, description = "Alive", body = Object)))]
#[expect(dead_code, reason = "carries the description of a route")]
fn v2_live() {}

/// Reports that the server is ready, as the protocol defines it.
#[utoipa::path(get, path = "/v2/health/ready", tag = "open inference protocol",
    responses((status = 200, description = "Ready", body = Object)))]
#[expect(dead_code, reason = "carries the description of a route")]
fn v2_ready() {}
