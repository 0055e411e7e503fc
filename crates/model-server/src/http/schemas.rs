//! Schemas for the API document: of bodies that are encoded by hand, and of domain types, which
//! know nothing of documents.
//!
//! The schema of a request is built from the catalog of features, so that it can't differ from the
//! validation.

use std::borrow::Cow;

use serde_json::json;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema,
        schema::{AdditionalProperties, AnyOfBuilder, ArrayBuilder, Type},
    },
};
use vitals_core::domain::features::{FEATURES, Feature};

use crate::warnings::WarningCode;

/// The body of `/predict`: one person or an array of persons.
pub(super) struct PredictRequest;

impl ToSchema for PredictRequest {
    fn name() -> Cow<'static, str> {
        "PredictRequest".into()
    }
}

impl PartialSchema for PredictRequest {
    fn schema() -> RefOr<Schema> {
        let many = ArrayBuilder::new().items(reference("Features")).min_items(Some(1));
        OneOfBuilder::new().item(reference("Features")).item(many).into()
    }
}

/// The features of one person.
pub(super) struct FeaturesSchema;

impl ToSchema for FeaturesSchema {
    fn name() -> Cow<'static, str> {
        "Features".into()
    }
}

impl PartialSchema for FeaturesSchema {
    fn schema() -> RefOr<Schema> {
        let mut body = ObjectBuilder::new()
            .description(Some("The values of one person, all eight of them."))
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .examples([json!({
                "pregnancies": 0, "glucose": 137, "blood_pressure": 40, "skin_thickness": 35,
                "insulin": 168, "bmi": 43.1, "diabetes_pedigree_function": 2.288, "age": 33
            })]);
        for feature in &FEATURES {
            body = body.property(feature.name, value(feature)).required(feature.name);
        }
        body.into()
    }
}

/// A number in the feature's range, or zero if that means "not measured".
fn value(feature: &Feature) -> RefOr<Schema> {
    let number = if feature.whole { Type::Integer } else { Type::Number };
    let unit = if feature.unit.is_empty() { String::new() } else { format!(" ({})", feature.unit) };
    let range = ObjectBuilder::new()
        .schema_type(number)
        .description(Some(format!("{}{unit}", feature.hint)))
        .minimum(Some(feature.min))
        .maximum(Some(feature.max));
    // Other features have a meaningful zero or none at all.
    if !feature.zero_means_missing {
        return range.into();
    }
    let zero = ObjectBuilder::new()
        .schema_type(Type::Number)
        .description(Some("Not measured"))
        .enum_values(Some([0]));
    AnyOfBuilder::new().item(range).item(zero).into()
}

/// The response of `/predict`, for one person or for an array.
pub(super) struct AnyPredictResponse;

impl ToSchema for AnyPredictResponse {
    fn name() -> Cow<'static, str> {
        "AnyPredictResponse".into()
    }
}

impl PartialSchema for AnyPredictResponse {
    fn schema() -> RefOr<Schema> {
        OneOfBuilder::new()
            .item(reference("PredictResponse"))
            .item(reference("BatchPredictResponse"))
            .into()
    }
}

/// Predictions for an array of persons. Values that all of them share are given once.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes a body that is encoded by hand")]
pub(super) struct BatchPredictResponse {
    /// One entry per row, in the order of the request.
    #[schema(min_items = 1)]
    predictions: Vec<RowPrediction>,
    /// Names of the features, in the order of the contributions.
    #[schema(min_items = 8, max_items = 8)]
    features: Vec<String>,
    /// Smallest probability of prediction 1.
    #[schema(minimum = 0, maximum = 1)]
    threshold: f64,
    /// The mean score of the women in the training data, in log-odds.
    base_value: f64,
    /// Name of the model.
    model: String,
    /// Version of the model.
    model_version: String,
    /// Id of the request, a UUID of version 7.
    #[schema(format = "uuid")]
    request_id: String,
}

/// The prediction of one row.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes a body that is encoded by hand")]
pub(super) struct RowPrediction {
    /// 1 if the probability reaches the threshold, else 0.
    #[schema(minimum = 0, maximum = 1)]
    prediction: u8,
    /// Probability of diabetes within five years.
    #[schema(minimum = 0, maximum = 1)]
    probability: f64,
    /// The band of the probability; `GET /model` has the bounds.
    risk_level: RiskLevelSchema,
    /// The raw score: natural logarithm of the odds.
    log_odds: f64,
    /// The contribution of each feature to the score, in log-odds.
    #[schema(min_items = 8, max_items = 8)]
    contributions: Vec<f64>,
    /// Features sent as zero for "not measured".
    not_measured: Vec<String>,
    /// False if no decision may rest on the probability.
    usable: bool,
    /// One entry per feature and kind of warning.
    warnings: Vec<ShortWarning>,
}

/// A warning about one value of a row, without its text.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes a body that is encoded by hand")]
pub(super) struct ShortWarning {
    /// The kind of warning.
    code: WarningCode,
    /// The feature.
    feature: String,
}

/// The band of a probability.
#[derive(Debug, ToSchema)]
#[schema(as = RiskLevel, rename_all = "snake_case")]
#[expect(dead_code, reason = "describes a type of the domain")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(rename = "RiskLevel", rename_all = "snake_case"))]
pub(super) enum RiskLevelSchema {
    /// Below the first bound.
    Low,
    /// From the first bound to below the second.
    Medium,
    /// From the second bound.
    High,
}

/// The response of an infer request.
#[derive(Debug, ToSchema)]
#[schema(as = InferResponse)]
#[expect(dead_code, reason = "describes a body that is encoded by hand")]
pub(super) struct InferResponseSchema {
    /// Name of the model.
    model_name: String,
    /// Version of the model.
    model_version: String,
    /// The id of the request, or a generated one.
    id: String,
    /// One tensor per requested output.
    outputs: Vec<OutputTensorSchema>,
}

/// A tensor of a response.
#[derive(Debug, ToSchema)]
#[schema(as = OutputTensor)]
#[expect(dead_code, reason = "describes a body that is encoded by hand")]
pub(super) struct OutputTensorSchema {
    /// Name of the tensor.
    name: String,
    /// Type of its values.
    datatype: String,
    /// Its dimensions.
    shape: Vec<u64>,
    /// Its values, row by row.
    data: Option<Vec<f64>>,
}

fn reference(schema: &str) -> Ref {
    Ref::from_schema_name(schema)
}
