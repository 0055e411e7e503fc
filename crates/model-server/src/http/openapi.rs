//! `GET /openapi.json`: the API as an OpenAPI 3.1 document.
//!
//! The request's schema is made from the table of features, so that it can't say anything else
//! than the check does.

use serde_json::json;
use utoipa::{
    OpenApi, PartialSchema, ToSchema,
    openapi::{
        Object, ObjectBuilder, RefOr, Schema,
        schema::{AdditionalProperties, AnyOfBuilder, ArrayBuilder, Type},
    },
};
use vitals_core::domain::features::{FEATURES, Feature};

use super::{description, explain, models, predict, response, v2};

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
        explain::card,
        explain::importance,
        explain::dependence,
        explain::partial_dependence,
        models::activate,
        models::reload,
        models::shadow,
        models::no_shadow,
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
        live,
        v2_ready,
        health,
        ready,
        metrics,
        model,
        openapi
    ),
    components(schemas(
        PredictRequestBody,
        FeaturesBody,
        ProblemBody,
        AnyPredictResponseBody,
        response::PredictResponse<'static>,
        response::BatchPredictResponse,
        response::RowPrediction,
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

/// The server is alive, and which model it serves.
#[utoipa::path(get, path = "/health", responses((status = 200, description = "Alive", body = description::Health)))]
#[expect(dead_code, reason = "carries the description of a route")]
fn health() {}

/// Whether the server can answer.
#[utoipa::path(get, path = "/ready", responses(
    (status = 200, description = "Ready", body = Object),
    (status = 503, description = "Not ready, with the reasons", body = Object),
))]
#[expect(dead_code, reason = "carries the description of a route")]
fn ready() {}

/// Metrics in Prometheus' text format.
#[utoipa::path(get, path = "/metrics",
    responses((status = 200, description = "All metrics", body = String,
        content_type = "text/plain")))]
#[expect(dead_code, reason = "carries the description of a route")]
fn metrics() {}

/// The model: features with their ranges, figures, limits.
#[utoipa::path(get, path = "/model", responses(
    (status = 200, description = "The active model", body = description::Description)
))]
#[expect(dead_code, reason = "carries the description of a route")]
fn model() {}

/// This document.
#[utoipa::path(get, path = "/openapi.json", responses(
    (status = 200, description = "OpenAPI 3.1", body = Object)
))]
#[expect(dead_code, reason = "carries the description of a route")]
fn openapi() {}

/// Three risk_levels of the probability, for people who do not think in decimals.
///
/// Stands in the document for the type of the domain, which knows nothing of documents.
#[derive(ToSchema)]
#[schema(as = RiskLevel, rename_all = "snake_case")]
#[expect(dead_code, reason = "carries the description of a type")]
pub(super) enum RiskBody {
    /// Below 0.3.
    Low,
    /// From 0.3 to below 0.6.
    Medium,
    /// From 0.6.
    High,
}

/// Alive, as the protocol asks.
#[utoipa::path(get, path = "/v2/health/live", tag = "open inference protocol",
    responses((status = 200, description = "Alive", body = Object)))]
#[expect(dead_code, reason = "carries the description of a route")]
fn live() {}

/// Ready, as the protocol asks.
#[utoipa::path(get, path = "/v2/health/ready", tag = "open inference protocol",
    responses((status = 200, description = "Ready", body = Object)))]
#[expect(dead_code, reason = "carries the description of a route")]
fn v2_ready() {}

/// The tensors of an answer.
#[derive(ToSchema)]
#[schema(as = InferResponse)]
#[expect(dead_code, reason = "describes what is written by hand")]
pub(super) struct InferBody {
    /// Name of the model.
    model_name: String,
    /// Version of the model.
    model_version: String,
    /// The id that was sent, or one of ours.
    id: String,
    /// One for each tensor that was asked for.
    outputs: Vec<OutputTensor>,
}

/// A tensor of an answer.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what is written by hand")]
pub(super) struct OutputTensor {
    /// Its name.
    name: String,
    /// The type of its values.
    datatype: String,
    /// Its dimensions.
    shape: Vec<u64>,
    /// Its values row by row.
    data: Option<Vec<f64>>,
}

/// Stands for a body of `/predict` in the document.
pub(super) struct PredictRequestBody;

impl ToSchema for PredictRequestBody {
    fn name() -> std::borrow::Cow<'static, str> {
        "PredictRequest".into()
    }
}

impl PartialSchema for PredictRequestBody {
    fn schema() -> RefOr<Schema> {
        let one = || RefOr::Ref(utoipa::openapi::Ref::from_schema_name("Features"));
        let many = ArrayBuilder::new().items(one()).min_items(Some(1));
        utoipa::openapi::OneOfBuilder::new().item(one()).item(many).into()
    }
}

/// Stands for an answer of `/predict` in the document.
pub(super) struct AnyPredictResponseBody;

impl ToSchema for AnyPredictResponseBody {
    fn name() -> std::borrow::Cow<'static, str> {
        "AnyPredictResponse".into()
    }
}

impl PartialSchema for AnyPredictResponseBody {
    fn schema() -> RefOr<Schema> {
        let named = |name| RefOr::Ref(utoipa::openapi::Ref::from_schema_name(name));
        utoipa::openapi::OneOfBuilder::new().item(named("PredictResponse")).item(named("BatchPredictResponse")).into()
    }
}

/// Stands for one person in the document.
pub(super) struct FeaturesBody;

impl ToSchema for FeaturesBody {
    fn name() -> std::borrow::Cow<'static, str> {
        "Features".into()
    }
}

impl PartialSchema for FeaturesBody {
    fn schema() -> RefOr<Schema> {
        let body = ObjectBuilder::new()
            .description(Some("One person's values, all eight of them."))
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .examples([json!({
                "pregnancies": 0, "glucose": 137, "blood_pressure": 40, "skin_thickness": 35,
                "insulin": 168, "bmi": 43.1, "diabetes_pedigree_function": 2.288, "age": 33
            })]);
        let with = |body: ObjectBuilder, feature: &Feature| {
            body.property(feature.name, value(feature)).required(feature.name)
        };
        FEATURES.iter().fold(body, with).into()
    }
}

/// A number in the range, or zero where it stands for "not measured".
fn value(feature: &Feature) -> RefOr<Schema> {
    let number = if feature.whole { Type::Integer } else { Type::Number };
    let unit = if feature.unit.is_empty() { String::new() } else { format!(" ({})", feature.unit) };
    let range = ObjectBuilder::new()
        .schema_type(number)
        .description(Some(format!("{}{unit}", feature.hint)))
        .minimum(Some(feature.min))
        .maximum(Some(feature.max));
    if !feature.zero_means_missing {
        return range.into();
    }
    let zero = ObjectBuilder::new()
        .schema_type(Type::Number)
        .description(Some("Not measured"))
        .enum_values(Some([0]));
    AnyOfBuilder::new().item(range).item(zero).into()
}

/// Stands for a problem document (RFC 9457).
pub(super) struct ProblemBody;

impl ToSchema for ProblemBody {
    fn name() -> std::borrow::Cow<'static, str> {
        "Problem".into()
    }
}

impl PartialSchema for ProblemBody {
    fn schema() -> RefOr<Schema> {
        let text = || Object::with_type(Type::String);
        let field = ObjectBuilder::new()
            .property("field", text())
            .property("message", text())
            .property("row", Object::with_type(Type::Integer))
            .required("field")
            .required("message");
        ObjectBuilder::new()
            .description(Some("What went wrong (RFC 9457), with every field that is wrong."))
            .property("status", Object::with_type(Type::Integer))
            .property("title", text())
            .property("detail", text())
            .property("errors", ArrayBuilder::new().items(field))
            .required("status")
            .required("title")
            .into()
    }
}
