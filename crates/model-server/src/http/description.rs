//! `GET /health` and `GET /model`: the active model, and everything a form needs.

use serde::Serialize;
use utoipa::ToSchema;
use vitals_core::domain::features::{FEATURES, Feature};

use crate::{
    SERVICE,
    model::Algorithm,
    registry::{DataSource, Figures, SavedModel, SignatureState, ThresholdRule},
    serving::{LogStatus, ModelPool, ServingState, VersionState},
};

/// The response of `GET /health`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// Always `ok`.
    status: &'static str,
    /// Always `model-server`.
    service: &'static str,
    /// Version of the server.
    version: &'static str,
    /// Name of the active model.
    model: String,
    /// Its version.
    model_version: String,
    /// The signature of that version: `valid`, `not_checked` because no key is configured, or
    /// `absent`.
    #[schema(value_type = String)]
    signature: SignatureState,
    /// The saved versions that can't be served, by name and version.
    refused: Vec<RefusedVersion>,
    /// The state of the prediction log. The status of `/health` does not depend on it.
    prediction_log: LogStatus,
}

/// A saved version that can't be served.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RefusedVersion {
    /// Name of the model.
    model: String,
    /// The version.
    model_version: String,
    /// The reason, with the file concerned.
    reason: String,
}

impl RefusedVersion {
    fn all(pool: &ModelPool) -> Vec<Self> {
        let mut refused = Vec::new();
        for (model, versions) in &pool.models {
            for (version, state) in versions {
                if let VersionState::Refused(refusal) = state {
                    refused.push(Self {
                        model: model.clone(),
                        model_version: version.clone(),
                        reason: refusal.why.clone(),
                    });
                }
            }
        }
        refused
    }
}

pub(super) fn health(serving: &ServingState) -> Health {
    let pool = serving.pool();
    Health {
        status: "ok",
        service: SERVICE,
        version: env!("CARGO_PKG_VERSION"),
        model: pool.active.id.name().to_owned(),
        model_version: pool.active.id.version().to_owned(),
        signature: pool.active.saved.signature,
        refused: RefusedVersion::all(&pool),
        prediction_log: serving.log_status(),
    }
}

/// A model, with everything a form needs to request a prediction from it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(rename = "ModelDescription"))]
pub struct Description {
    /// Name of the model.
    name: String,
    /// Version of the model.
    version: String,
    /// The kind of model.
    #[schema(value_type = String)]
    algorithm: Algorithm,
    /// The features in the order of the contributions.
    features: Vec<FeatureDescription>,
    /// Smallest probability of prediction 1.
    threshold: f64,
    /// Bounds of the risk levels.
    risk_bands: RiskBandsDescription,
    /// The rule that threshold and bands were chosen by.
    threshold_rule: ThresholdRule,
    /// The meaning of the base value.
    base_value_text: &'static str,
    /// The limits of the model, one sentence each, to show beside every prediction.
    limits_text: Vec<String>,
    /// Its performance on rows it was not fitted on.
    metrics: Figures,
    /// Its training data.
    data: DataSource,
}

/// The bounds of the risk levels.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = RiskBands)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(rename = "RiskBands"))]
pub struct RiskBandsDescription {
    /// Smallest probability of the medium level.
    medium: f64,
    /// Smallest probability of the high level.
    high: f64,
}

/// One input of a form.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FeatureDescription {
    /// Name in a request.
    name: &'static str,
    /// Label.
    label: &'static str,
    /// Unit, empty for a count or a score.
    unit: &'static str,
    /// Smallest value accepted.
    min: f64,
    /// Largest value accepted.
    max: f64,
    /// Resolution of the values.
    step: f64,
    /// One sentence of help for the form.
    hint: &'static str,
    /// True if zero is accepted too and means "not measured".
    zero_means_missing: bool,
    /// The median of the training data, rounded to the resolution of the values.
    default: f64,
}

impl Description {
    /// Describes a saved model.
    #[must_use]
    pub fn of(model: &SavedModel) -> Self {
        let SavedModel { manifest, pipeline, .. } = model;
        // Medians are sensible defaults: the form starts as an average person.
        let medians = pipeline.preprocessor.medians();
        let features = FEATURES.iter().zip(medians).map(|(f, m)| describe(f, *m)).collect();
        Self {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            algorithm: manifest.algorithm,
            features,
            threshold: manifest.threshold,
            risk_bands: RiskBandsDescription {
                medium: manifest.risk_bands.medium,
                high: manifest.risk_bands.high,
            },
            threshold_rule: manifest.threshold_rule,
            base_value_text: base_value_text(manifest.algorithm),
            limits_text: limits(&manifest.data),
            metrics: manifest.metrics,
            data: manifest.data.clone(),
        }
    }
}

fn describe(feature: &Feature, median: f64) -> FeatureDescription {
    let Feature { name, label, unit, hint, min, max, step, zero_means_missing, .. } = *feature;
    // Steps are 1, 0.1 or 0.001. Dividing by their whole inverse gives short decimals.
    let steps_per_unit = (1.0 / step).round();
    let default = (median * steps_per_unit).round() / steps_per_unit;
    FeatureDescription { name, label, unit, min, max, step, hint, zero_means_missing, default }
}

fn base_value_text(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Logistic => {
            "The mean score of the women in the training data. For this model it is also the score of \
             a woman with mean values."
        }
        Algorithm::Spline | Algorithm::Ensemble => {
            "The mean score of the women in the training data. It is not the score of a woman with \
             mean values: the curves are not straight."
        }
        Algorithm::Boosted => {
            "The mean score of the women in the training data, each counted once. It is not the score \
             of a woman with mean values."
        }
    }
}

fn limits(data: &DataSource) -> Vec<String> {
    vec![
        format!("Trained on {} women of Pima heritage aged 21 or more.", data.rows),
        "Blood pressure is the diastolic value: the systolic value must not be fed in.".to_owned(),
        "Glucose is the 2-hour value of an oral glucose tolerance test: a bedside value must not \
         be fed in."
            .to_owned(),
        "A value outside of the training range counts as the nearest value in it.".to_owned(),
        "Not a medical device.".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_is_a_whole_number_of_steps_in_range() {
        for (name, median, expected) in [
            ("diabetes_pedigree_function", 0.3725, 0.373),
            ("bmi", 32.3, 32.3),
            ("bmi", 32.349_999, 32.3),
            ("age", 29.0, 29.0),
            ("glucose", 117.4, 117.0),
        ] {
            let feature = FEATURES.iter().find(|feature| feature.name == name).unwrap();
            let described = describe(feature, median);
            assert!((described.default - expected).abs() < 1e-12, "{name}: {}", described.default);
            assert_eq!(described.default.to_string(), expected.to_string());
        }
    }
}
