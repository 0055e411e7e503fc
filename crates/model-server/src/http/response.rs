//! The responses of `POST /predict`.

use axum::{
    body::Body,
    http::{HeaderValue, header::CONTENT_TYPE},
    response::IntoResponse,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::{Uuid, fmt::Hyphenated};
use vitals_core::domain::features::{FEATURE_COUNT, FEATURES, Features};

use crate::{model::RiskLevel, pipeline::Prediction, registry::SavedModel, warnings::WarningCode};

use super::schemas::RiskLevelSchema;

/// A prediction with its explanation. The base value plus the contributions is the log-odds.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PredictResponse)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PredictResponse<'a> {
    /// 1 if the probability reaches the threshold, else 0.
    #[schema(minimum = 0, maximum = 1)]
    pub prediction: u8,
    /// Probability of diabetes within five years.
    #[schema(minimum = 0, maximum = 1)]
    pub probability: f64,
    /// The band of the probability; `GET /model` has the bounds.
    #[schema(value_type = RiskLevelSchema)]
    #[cfg_attr(test, ts(as = "RiskLevelSchema"))]
    pub risk_level: RiskLevel,
    /// Smallest probability of prediction 1.
    #[schema(minimum = 0, maximum = 1)]
    pub threshold: f64,
    /// The raw score: natural logarithm of the odds.
    pub log_odds: f64,
    /// The mean score of the women in the training data, in log-odds: where the contributions start.
    /// Only for a logistic regression it is the score of a woman with mean values, too.
    pub base_value: f64,
    /// One entry per feature, in the order of the features.
    #[schema(value_type = Vec<Contribution>, min_items = 8, max_items = 8)]
    #[cfg_attr(test, ts(as = "Vec<Contribution>"))]
    pub contributions: [Contribution; FEATURE_COUNT],
    /// Features sent as zero for "not measured".
    pub not_measured: Vec<&'static str>,
    /// False if no decision may rest on the probability: glucose was not measured, or is the
    /// diagnosis itself.
    pub usable: bool,
    /// One entry per feature and kind of warning.
    pub warnings: Vec<Warning>,
    /// Name of the model.
    pub model: &'a str,
    /// Version of the model.
    pub model_version: &'a str,
    /// Id of the request, a UUID of version 7.
    #[schema(value_type = String, format = "uuid")]
    #[serde(serialize_with = "as_text")]
    #[cfg_attr(test, ts(as = "String"))]
    pub request_id: Hyphenated,
}

/// One feature's contribution to the score.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Contribution {
    /// The feature.
    pub feature: &'static str,
    /// The value sent, in the feature's unit; 0 if not measured.
    pub value: f64,
    /// The value used: the nearest observed one if outside of the training range, the median if not
    /// measured. `null` if the model uses "not measured" as it is.
    #[schema(required)]
    pub used_value: Option<f64>,
    /// True if the median was used.
    pub imputed: bool,
    /// The difference it makes to the base value, in log-odds.
    pub contribution: f64,
}

/// A warning about one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Warning {
    /// The kind of warning.
    pub code: WarningCode,
    /// The feature.
    pub feature: &'static str,
    /// The warning in plain words.
    pub message: String,
}

impl<'a> PredictResponse<'a> {
    /// Builds the response for one row.
    #[must_use]
    pub fn new(
        model: &'a SavedModel,
        features: &Features,
        prediction: &Prediction,
        request_id: Uuid,
    ) -> Self {
        let manifest = &model.manifest;
        let observed = model.pipeline.preprocessor.observed();
        let warnings = prediction.warnings.iter().map(|(j, code)| Warning {
            code,
            feature: FEATURES[j].name,
            message: code.message(&FEATURES[j], observed[j]),
        });
        Self {
            prediction: u8::from(prediction.probability >= manifest.threshold),
            probability: prediction.probability,
            risk_level: manifest.risk_bands.level(prediction.probability),
            threshold: manifest.threshold,
            log_odds: prediction.log_odds,
            base_value: prediction.base_value,
            contributions: contributions(features, prediction),
            not_measured: features.not_measured().collect(),
            usable: prediction.warnings.unusable().is_none(),
            warnings: warnings.collect(),
            model: &manifest.name,
            model_version: &manifest.version,
            request_id: request_id.hyphenated(),
        }
    }
}

fn contributions(features: &Features, prediction: &Prediction) -> [Contribution; FEATURE_COUNT] {
    // `raw` has a zero where `values` has NaN.
    let raw = features.raw();
    let sent = features.values();
    std::array::from_fn(|j| Contribution {
        feature: FEATURES[j].name,
        value: raw[j],
        used_value: Some(prediction.used[j]).filter(|used| !used.is_nan()),
        imputed: sent[j].is_nan() && !prediction.used[j].is_nan(),
        contribution: prediction.contributions[j],
    })
}

fn as_text<S: serde::Serializer>(id: &Hyphenated, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(id.encode_lower(&mut Uuid::encode_buffer()))
}

/// A response with an encoded JSON body.
pub(super) fn json(body: impl Into<Body>) -> impl IntoResponse {
    // A `&str` would be checked and copied for every response.
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body.into())
}
