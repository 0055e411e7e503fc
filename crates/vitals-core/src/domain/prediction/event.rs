//! A prediction with all its numbers, and its consistency checks.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{by_feature::ByFeature, risk_level::RiskLevel};
use crate::domain::{
    decode::MAX_TIME_MS,
    features::Feature,
    rejection::{Reason, Rejection},
};

/// Maximum length of a request id, model name or version, in bytes.
const MAX_TEXT_BYTES: usize = 64;

/// Maximum length of an id that a client gave, in bytes.
const MAX_CLIENT_TEXT_BYTES: usize = 128;

/// The role of the model that made a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The model whose prediction was the response.
    Served,
    /// A model scored on the same request, for comparison only.
    Shadow,
}

impl Role {
    /// The name in messages and in the lake.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::Shadow => "shadow",
        }
    }
}

/// A prediction with its inputs and its explanation.
///
/// Deserialisation refuses unknown and missing fields; [`check`](Self::check) validates the values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PredictionEvent<'a> {
    /// Id of the request, a UUID; also the key of the message. The rows of a batch share it.
    #[serde(borrow)]
    pub request_id: Cow<'a, str>,
    /// Row within the request, from 0.
    pub row: u32,
    /// Time of the response, ms since the epoch.
    pub timestamp: i64,
    /// Name of the model.
    #[serde(borrow)]
    pub model: Cow<'a, str>,
    /// Version of the model.
    #[serde(borrow)]
    pub model_version: Cow<'a, str>,
    /// Role of the model.
    pub role: Role,
    /// The inputs, in the features' units; 0 if not measured.
    pub inputs: ByFeature,
    /// Names of the features that were not measured, in catalog order.
    #[serde(borrow)]
    pub not_measured: Vec<Cow<'a, str>>,
    /// Probability of diabetes within five years, 0 to 1.
    pub probability: f64,
    /// 1 if the probability reaches the threshold, else 0.
    pub prediction: u8,
    /// The decision threshold of the probability.
    pub threshold: f64,
    /// The risk level of the probability, by the bands of the model.
    pub risk_level: RiskLevel,
    /// The raw score: the natural logarithm of the odds.
    pub log_odds: f64,
    /// The base value of the attribution, in log-odds.
    pub base_value: f64,
    /// The contribution of each feature, in log-odds: base value and contributions add up to the
    /// log-odds.
    pub contributions: ByFeature,
    /// Microseconds from the request's head to its response. A row of a batch has the latency of
    /// the whole request, a shadow that of the scoring alone.
    pub latency_us: u32,
    /// Address that the request came from. Absent in messages of earlier releases, like the two
    /// fields below.
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    pub caller: Option<Cow<'a, str>>,
    /// Trace context of the request (W3C), from its header `traceparent`.
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    pub traceparent: Option<Cow<'a, str>>,
    /// The client's own id of the request: `id` in a request of the Open Inference Protocol, else
    /// its header `x-request-id`.
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    pub client_id: Option<Cow<'a, str>>,
}

impl PredictionEvent<'_> {
    /// Validates the values and their consistency.
    ///
    /// # Errors
    /// The first invalid field, with its error.
    pub fn check(&self) -> Result<(), Rejection> {
        self.check_ranges()?;
        self.check_consistency()
    }

    fn check_ranges(&self) -> Result<(), Rejection> {
        let probabilities = 0.0..=1.0;
        let checks = [
            (is_named(&self.request_id), "request_id: is empty or too long"),
            (is_time(self.timestamp), "timestamp: is not between 1970 and 2262, in ms"),
            (is_named(&self.model), "model: is empty or too long"),
            (is_named(&self.model_version), "model_version: is empty or too long"),
            (probabilities.contains(&self.probability), "probability: is not from 0 to 1"),
            (probabilities.contains(&self.threshold), "threshold: is not from 0 to 1"),
            (self.inputs.is_finite(), "inputs: are not finite"),
            (self.contributions.is_finite(), "contributions: are not finite"),
            (is_client_text(self.caller.as_deref()), "caller: is empty or too long"),
            (is_client_text(self.traceparent.as_deref()), "traceparent: is empty or too long"),
            (is_client_text(self.client_id.as_deref()), "client_id: is empty or too long"),
        ];
        first_failure(Reason::OutOfRange, &checks)
    }

    fn check_consistency(&self) -> Result<(), Rejection> {
        let reached = self.probability >= self.threshold;
        // The bands are the model's, but they surround its threshold.
        let other_side = if reached { RiskLevel::Low } else { RiskLevel::High };
        // The tolerance covers the rounding of eight additions.
        let sum = self.base_value + self.contributions.to_array().iter().sum::<f64>();
        let checks = [
            (
                self.prediction == u8::from(reached),
                "prediction: contradicts probability and threshold",
            ),
            (self.risk_level != other_side, "risk_level: contradicts probability and threshold"),
            (
                self.not_measured.iter().all(|name| self.is_unmeasured(name)),
                "not_measured: has an unknown feature, or one whose input is not 0",
            ),
            (
                (sum - self.log_odds).abs() <= 1e-9,
                "log_odds: is not the sum of base value and contributions",
            ),
        ];
        first_failure(Reason::Inconsistent, &checks)
    }

    /// Returns true if `name` is a feature whose input is 0.
    fn is_unmeasured(&self, name: &str) -> bool {
        Feature::position(name).is_some_and(|index| self.inputs.to_array()[index] == 0.0)
    }
}

fn is_time(time_ms: i64) -> bool {
    (1..=MAX_TIME_MS).contains(&time_ms)
}

fn is_named(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_TEXT_BYTES
}

fn is_client_text(text: Option<&str>) -> bool {
    text.is_none_or(|text| !text.is_empty() && text.len() <= MAX_CLIENT_TEXT_BYTES)
}

fn first_failure(reason: Reason, checks: &[(bool, &str)]) -> Result<(), Rejection> {
    match checks.iter().find(|(holds, _)| !holds) {
        Some((_, problem)) => Err(Rejection::new(reason, *problem)),
        None => Ok(()),
    }
}
