//! A prediction with all its numbers.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{by_feature::ByFeature, risk_level::RiskLevel};
use crate::domain::{
    features::Feature,
    rejection::{Reason, Rejection},
};

/// Longest request id, model name or version, in bytes.
const MAX_TEXT_BYTES: usize = 64;

/// Whose answer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The model that answered.
    Served,
    /// A model that was scored on the same request, for comparison only.
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

/// A prediction, complete.
///
/// Reading takes no unknown and no missing field; [`check`](Self::check) then looks at the values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PredictionEvent<'a> {
    /// Id of the request, a UUID; the message's key. All rows of a batch have the same.
    #[serde(borrow)]
    pub request_id: Cow<'a, str>,
    /// Row within the request, from 0.
    pub row: u32,
    /// When it was answered, ms since the epoch.
    pub timestamp: i64,
    /// Name of the model.
    #[serde(borrow)]
    pub model: Cow<'a, str>,
    /// Version of the model.
    #[serde(borrow)]
    pub model_version: Cow<'a, str>,
    /// Whose answer it is.
    pub role: Role,
    /// What was asked, in the features' units; 0 for what was not measured.
    pub inputs: ByFeature,
    /// Names of the features that were not measured, in their order.
    #[serde(borrow)]
    pub not_measured: Vec<Cow<'a, str>>,
    /// Probability of diabetes within five years, 0 to 1.
    pub probability: f64,
    /// 1 when the probability reached the threshold, else 0.
    pub prediction: u8,
    /// From this probability on the prediction is 1.
    pub threshold: f64,
    /// The band of the probability.
    pub risk_level: RiskLevel,
    /// The raw score: natural logarithm of the odds.
    pub log_odds: f64,
    /// What the contributions are added to, in log-odds.
    pub base_value: f64,
    /// What each feature adds to the base value, in log-odds.
    pub contributions: ByFeature,
    /// From the request's head to its answer, microseconds; the whole request's for a row of a
    /// batch, and the scoring alone for a shadow.
    pub latency_us: u32,
}

impl PredictionEvent<'_> {
    /// Checks what the types can't say.
    ///
    /// # Errors
    /// The first field that is wrong, and what is wrong with it.
    pub fn check(&self) -> Result<(), Rejection> {
        self.check_values()?;
        let ensure = ensure(Reason::Inconsistent);
        let reached = self.probability >= self.threshold;
        ensure(self.prediction == u8::from(reached), "prediction: is not what the threshold says")?;
        let level = RiskLevel::of(self.probability);
        ensure(self.risk_level == level, "risk_level: is not that of the probability")?;
        let inputs = self.inputs.to_array();
        let zero = |name: &Cow<'_, str>| Feature::position(name).map(|index| inputs[index]);
        ensure(
            self.not_measured.iter().all(|name| zero(name) == Some(0.0)),
            "not_measured: names no feature, or one that is not 0",
        )?;
        let sum = self.base_value + self.contributions.to_array().iter().sum::<f64>();
        ensure(
            (sum - self.log_odds).abs() <= 1e-9,
            "log_odds: is not the base value with the contributions",
        )
    }

    /// Each value for itself.
    fn check_values(&self) -> Result<(), Rejection> {
        let ensure = ensure(Reason::OutOfRange);
        let share = |value: f64| (0.0..=1.0).contains(&value);
        let named = |text: &str| !text.is_empty() && text.len() <= MAX_TEXT_BYTES;
        ensure(named(&self.request_id), "request_id: is empty or too long")?;
        ensure(self.timestamp > 0, "timestamp: is not after 1970")?;
        ensure(named(&self.model), "model: is empty or too long")?;
        ensure(named(&self.model_version), "model_version: is empty or too long")?;
        ensure(share(self.probability), "probability: is not from 0 to 1")?;
        ensure(share(self.threshold), "threshold: is not from 0 to 1")?;
        ensure(self.inputs.is_finite(), "inputs: are not finite")?;
        ensure(self.contributions.is_finite(), "contributions: are not finite")
    }
}

fn ensure(reason: Reason) -> impl Fn(bool, &str) -> Result<(), Rejection> {
    move |holds, problem| if holds { Ok(()) } else { Err(Rejection::new(reason, problem)) }
}
