//! Served requests as messages of topic `predictions`.

use vitals_core::domain::{
    features::Features,
    prediction::{ByFeature, PredictionEvent, Role},
};

use crate::{pipeline::Prediction, serving::LoadedModel};

use super::ServedRequest;

/// The event of one row, in the role `served`.
pub(super) fn event<'a>(
    request_id: &'a str,
    request: &'a ServedRequest,
    model: &'a LoadedModel,
    row: u32,
    features: &Features,
    prediction: &Prediction,
) -> PredictionEvent<'a> {
    let threshold = model.saved.manifest.threshold;
    PredictionEvent {
        request_id: request_id.into(),
        row: request.first_row + row,
        timestamp: request.timestamp_ms,
        model: model.id.name().into(),
        model_version: model.id.version().into(),
        role: Role::Served,
        inputs: ByFeature::from(features.raw()),
        not_measured: features.not_measured().map(Into::into).collect(),
        probability: prediction.probability,
        prediction: u8::from(prediction.probability >= threshold),
        threshold,
        risk_level: model.saved.manifest.risk_bands.level(prediction.probability),
        log_odds: prediction.log_odds,
        base_value: prediction.base_value,
        contributions: ByFeature::from(prediction.contributions),
        latency_us: request.latency_us,
        caller: request.origin.caller.map(|caller| caller.to_string().into()),
        traceparent: request.origin.traceparent.as_deref().map(Into::into),
        client_id: request.origin.client_id.as_deref().map(Into::into),
    }
}
