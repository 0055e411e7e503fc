//! The model in the shadow: scored on what was asked, compared, and never heard.

use std::time::Instant;

use metrics::{Counter, Histogram, counter, describe_counter, describe_histogram, histogram};
use vitals_core::domain::{features::Features, prediction::RiskLevel};

use crate::{pipeline::Prediction, serving::LoadedModel};

use super::ServedRequest;

const COMPARED: &str = "model_server_shadow_compared_total";
const DIFFERENT: &str = "model_server_shadow_different_total";
const GAP: &str = "model_server_shadow_probability_gap";

/// A prediction of the shadow.
pub(super) struct Compared {
    pub(super) prediction: Prediction,
    pub(super) latency_us: u32,
}

/// Counts how often the two differ, and by how much.
pub(super) struct Comparison {
    compared: Counter,
    prediction: Counter,
    risk_level: Counter,
    gap: Histogram,
}

impl Comparison {
    pub(super) fn new() -> Self {
        describe_counter!(COMPARED, "Predictions that the shadow was asked for as well");
        describe_counter!(DIFFERENT, "Predictions in which the shadow differs, by what");
        describe_histogram!(GAP, "Absolute difference of the two probabilities");
        let different = |what: &'static str| counter!(DIFFERENT, "what" => what);
        Self {
            compared: counter!(COMPARED),
            prediction: different("prediction"),
            risk_level: different("risk_level"),
            gap: histogram!(GAP),
        }
    }

    pub(super) fn of(
        &self,
        shadow: &LoadedModel,
        features: &Features,
        served: &Prediction,
        request: &ServedRequest,
    ) -> Compared {
        let started = Instant::now();
        let prediction = shadow.saved.pipeline.predict(features);
        let latency_us = u32::try_from(started.elapsed().as_micros()).unwrap_or(u32::MAX);
        let positive = |model: &LoadedModel, p: f64| p >= model.saved.manifest.threshold;
        self.compared.increment(1);
        if positive(shadow, prediction.probability) != positive(&request.model, served.probability)
        {
            self.prediction.increment(1);
        }
        if RiskLevel::of(prediction.probability) != RiskLevel::of(served.probability) {
            self.risk_level.increment(1);
        }
        self.gap.record((prediction.probability - served.probability).abs());
        Compared { prediction, latency_us }
    }
}
