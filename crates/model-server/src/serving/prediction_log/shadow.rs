//! The shadow model: scored on every served request, compared with the active model, and never
//! visible to the client.

use std::time::Instant;

use vitals_core::domain::{features::Features, prediction::RiskLevel};

use crate::{metrics::ShadowMetrics, pipeline::Prediction, serving::LoadedModel};

use super::ServedRequest;

/// A prediction of the shadow model.
pub(super) struct ShadowPrediction {
    pub(super) prediction: Prediction,
    pub(super) latency_us: u32,
}

/// Scores the shadow model and counts its differences from the active one.
pub(super) struct ShadowScorer {
    metrics: ShadowMetrics,
}

impl ShadowScorer {
    pub(super) fn new() -> Self {
        Self { metrics: ShadowMetrics::new() }
    }

    pub(super) fn score(
        &self,
        shadow: &LoadedModel,
        features: &Features,
        served: &Prediction,
        request: &ServedRequest,
    ) -> ShadowPrediction {
        let started = Instant::now();
        let prediction = shadow.saved.pipeline.predict(features);
        // The model's own time, without that of the HTTP request, which the shadow does not serve.
        let latency_us = u32::try_from(started.elapsed().as_micros()).unwrap_or(u32::MAX);

        // Each model decides by its own threshold and bands.
        self.metrics.compared.increment(1);
        let shadow_positive = is_positive(shadow, &prediction);
        if shadow_positive != is_positive(&request.model, served) {
            self.metrics.different_prediction.increment(1);
        }
        if risk_level(shadow, &prediction) != risk_level(&request.model, served) {
            self.metrics.different_risk_level.increment(1);
        }
        let gap = (prediction.probability - served.probability).abs();
        self.metrics.probability_gap.record(gap);
        ShadowPrediction { prediction, latency_us }
    }
}

fn risk_level(model: &LoadedModel, prediction: &Prediction) -> RiskLevel {
    model.saved.manifest.risk_bands.level(prediction.probability)
}

fn is_positive(model: &LoadedModel, prediction: &Prediction) -> bool {
    prediction.probability >= model.saved.manifest.threshold
}
