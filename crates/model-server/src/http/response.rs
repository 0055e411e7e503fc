//! What `POST /predict` answers.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::{Uuid, fmt::Hyphenated};
use vitals_core::domain::features::{FEATURE_COUNT, FEATURES, Features};

use crate::{model::RiskLevel, pipeline::Prediction, registry::Manifest};

/// A prediction with its explanation. Base value plus contributions is the log-odds.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PredictResponse)]
pub struct PredictResponse<'a> {
    /// 1 when the probability reaches the threshold, else 0.
    #[schema(minimum = 0, maximum = 1)]
    pub prediction: u8,
    /// Probability of diabetes within five years.
    #[schema(minimum = 0, maximum = 1)]
    pub probability: f64,
    /// Low below 0.3, high from 0.6.
    #[schema(value_type = super::openapi::RiskBody)]
    pub risk_level: RiskLevel,
    /// From this probability on the prediction is 1.
    #[schema(minimum = 0, maximum = 1)]
    pub threshold: f64,
    /// The raw score: natural logarithm of the odds.
    pub log_odds: f64,
    /// The score of the average person in the training data, in log-odds.
    pub base_value: f64,
    /// One entry per feature, in the order of the features.
    #[schema(value_type = Vec<Contribution>, min_items = 8, max_items = 8)]
    pub contributions: [Contribution; FEATURE_COUNT],
    /// Features that were sent as zero for "not measured"; the training data's median was used.
    pub not_measured: Vec<&'static str>,
    /// Name of the model.
    pub model: &'a str,
    /// Version of the model.
    pub model_version: &'a str,
    /// This answer's id, a UUID of version 7.
    #[schema(value_type = String, format = "uuid")]
    #[serde(serialize_with = "as_text")]
    pub request_id: Hyphenated,
}

/// Predictions for an array of persons; what is the same for all of them is said once.
#[derive(Debug, ToSchema)]
#[schema(as = BatchPredictResponse)]
#[expect(dead_code, reason = "describes what is written by hand")]
pub(super) struct BatchPredictResponse {
    /// One entry per row, in their order.
    #[schema(min_items = 1)]
    predictions: Vec<RowPrediction>,
    /// Names of the features, in the order of the contributions.
    #[schema(min_items = 8, max_items = 8)]
    features: Vec<String>,
    /// From this probability on the prediction is 1.
    #[schema(minimum = 0, maximum = 1)]
    threshold: f64,
    /// The score of the average person in the training data, in log-odds.
    base_value: f64,
    /// Name of the model.
    model: String,
    /// Version of the model.
    model_version: String,
    /// This answer's id, a UUID of version 7.
    #[schema(format = "uuid")]
    request_id: String,
}

/// One row's prediction.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what is written by hand")]
pub(super) struct RowPrediction {
    /// 1 when the probability reaches the threshold, else 0.
    #[schema(minimum = 0, maximum = 1)]
    prediction: u8,
    /// Probability of diabetes within five years.
    #[schema(minimum = 0, maximum = 1)]
    probability: f64,
    /// Low below 0.3, high from 0.6.
    #[schema(value_type = super::openapi::RiskBody)]
    risk_level: RiskLevel,
    /// The raw score: natural logarithm of the odds.
    log_odds: f64,
    /// What each feature adds to the base value, in log-odds.
    #[schema(min_items = 8, max_items = 8)]
    contributions: Vec<f64>,
    /// Features that were sent as zero for "not measured".
    not_measured: Vec<String>,
}

/// What one feature adds to the score.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Contribution {
    /// The feature.
    pub feature: &'static str,
    /// The value that was sent, in the feature's unit; 0 when not measured.
    pub value: f64,
    /// The value that was used: the median when not measured.
    pub used_value: f64,
    /// Whether the median was used.
    pub imputed: bool,
    /// What it adds to the base value, in log-odds.
    pub contribution: f64,
}

impl<'a> PredictResponse<'a> {
    /// Puts the answer together.
    #[must_use]
    pub fn new(
        manifest: &'a Manifest,
        features: &Features,
        prediction: &Prediction,
        request_id: Uuid,
    ) -> Self {
        Self {
            prediction: u8::from(prediction.probability >= manifest.threshold),
            probability: prediction.probability,
            risk_level: RiskLevel::of(prediction.probability),
            threshold: manifest.threshold,
            log_odds: prediction.log_odds,
            base_value: prediction.base_value,
            contributions: contributions(features, prediction),
            not_measured: features.not_measured().collect(),
            model: &manifest.name,
            model_version: &manifest.version,
            request_id: request_id.hyphenated(),
        }
    }
}

fn contributions(features: &Features, prediction: &Prediction) -> [Contribution; FEATURE_COUNT] {
    let (raw, sent) = (features.raw(), features.values());
    std::array::from_fn(|j| Contribution {
        feature: FEATURES[j].name,
        value: raw[j],
        used_value: prediction.used[j],
        imputed: sent[j].is_nan(),
        contribution: prediction.contributions[j],
    })
}

fn as_text<S: serde::Serializer>(id: &Hyphenated, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(id.encode_lower(&mut Uuid::encode_buffer()))
}
