//! Encodes the responses of `/predict` as JSON by hand: field names and model names are constant, and
//! serialising them for every response would take longer than the model does.
//!
//! A test compares the result with `serde_json`'s encoding of
//! [`PredictResponse`](super::PredictResponse).

use uuid::Uuid;
use vitals_core::domain::features::Features;

use crate::{
    pipeline::Prediction,
    serving::{ResponseTemplate, WarningTexts},
};

/// Capacity for the response of one row with long numbers.
const RESPONSE_BYTES: usize = 1536;

/// Capacity for one row of a batch.
const ROW_BYTES: usize = 320;

/// Encodes the response for one row.
pub(super) fn one(
    template: &ResponseTemplate,
    features: &Features,
    prediction: &Prediction,
    id: Uuid,
) -> Vec<u8> {
    // One allocation: a growing buffer would be copied several times.
    let mut json = Vec::with_capacity(RESPONSE_BYTES);
    write_outcome(&mut json, template, prediction);
    json.extend_from_slice(&template.threshold_field);
    write_number(&mut json, prediction.log_odds);
    json.extend_from_slice(&template.base_value_field);

    // One object per feature: its value as sent, as used, and its contribution.
    let raw = features.raw();
    let sent = features.values();
    for (j, start) in template.feature_fields.iter().enumerate() {
        json.extend_from_slice(start);
        let value = json.len();
        write_number(&mut json, raw[j]);
        let value = value..json.len();
        json.extend_from_slice(br#","used_value":"#);
        // The value that the model used: mostly the value as sent, else an imputed median or the
        // nearest end of the training range.
        if prediction.used[j].to_bits() == raw[j].to_bits() {
            json.extend_from_within(value);
        } else {
            write_number(&mut json, prediction.used[j]);
        }
        json.extend_from_slice(if sent[j].is_nan() && !prediction.used[j].is_nan() {
            br#","imputed":true,"contribution":"#
        } else {
            br#","imputed":false,"contribution":"#
        });
        write_number(&mut json, prediction.contributions[j]);
        json.push(b'}');
    }

    json.extend_from_slice(br#"],"not_measured":["#);
    write_not_measured(&mut json, features);
    write_warnings(&mut json, prediction, &template.warnings);
    json.extend_from_slice(&template.model_fields);
    write_request_id(&mut json, id);
    json
}

/// Encodes the response for a batch. Values shared by all rows are written once, behind them.
pub(super) fn many(
    template: &ResponseTemplate,
    rows: &[Features],
    mut predict: impl FnMut(&Features) -> Prediction,
    id: Uuid,
) -> Vec<u8> {
    let mut json = Vec::with_capacity(RESPONSE_BYTES + ROW_BYTES * rows.len());
    json.extend_from_slice(br#"{"predictions":["#);
    for (i, features) in rows.iter().enumerate() {
        if i > 0 {
            json.push(b',');
        }
        let prediction = predict(features);
        write_outcome(&mut json, template, &prediction);
        json.extend_from_slice(br#","log_odds":"#);
        write_number(&mut json, prediction.log_odds);
        json.extend_from_slice(br#","contributions":["#);
        for (j, contribution) in prediction.contributions.iter().enumerate() {
            if j > 0 {
                json.push(b',');
            }
            write_number(&mut json, *contribution);
        }
        json.extend_from_slice(br#"],"not_measured":["#);
        write_not_measured(&mut json, features);
        write_warnings(&mut json, &prediction, &template.short_warnings);
        json.extend_from_slice(b"]}");
    }
    // Values that all rows share.
    json.extend_from_slice(&template.rows_fields);
    write_request_id(&mut json, id);
    json
}

/// Writes from the opening brace to the risk level.
fn write_outcome(json: &mut Vec<u8>, template: &ResponseTemplate, prediction: &Prediction) {
    let positive = prediction.probability >= template.threshold;
    json.extend_from_slice(if positive {
        br#"{"prediction":1,"probability":"#
    } else {
        br#"{"prediction":0,"probability":"#
    });
    write_number(json, prediction.probability);
    json.extend_from_slice(br#","risk_level":""#);
    json.extend_from_slice(template.risk_bands.level(prediction.probability).name().as_bytes());
    json.push(b'"');
}

/// Writes a number; JSON has no infinity and no NaN, they become `null`.
fn write_number(json: &mut Vec<u8>, value: f64) {
    // A vector takes everything that is written to it.
    let _written = serde_json::to_writer(json, &value);
}

fn write_not_measured(json: &mut Vec<u8>, features: &Features) {
    for (i, name) in features.not_measured().enumerate() {
        json.extend_from_slice(if i == 0 { b"\"" } else { b",\"" });
        json.extend_from_slice(name.as_bytes());
        json.push(b'"');
    }
}

/// Writes from the end of `not_measured` to the end of the last warning.
fn write_warnings(json: &mut Vec<u8>, prediction: &Prediction, texts: &WarningTexts) {
    json.extend_from_slice(if prediction.warnings.unusable().is_none() {
        br#"],"usable":true,"warnings":["#
    } else {
        br#"],"usable":false,"warnings":["#
    });
    for (i, (j, code)) in prediction.warnings.iter().enumerate() {
        if i > 0 {
            json.push(b',');
        }
        json.extend_from_slice(&texts[j][code as usize]);
    }
}

/// Writes the request id and the closing brace.
fn write_request_id(json: &mut Vec<u8>, id: Uuid) {
    let mut buffer = Uuid::encode_buffer();
    json.extend_from_slice(id.hyphenated().encode_lower(&mut buffer).as_bytes());
    json.extend_from_slice(b"\"}");
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use crate::{http::PredictResponse, registry::Registry};

    use super::*;

    #[test]
    fn the_encoding_equals_that_of_serde_json() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        let model = Registry::new(root).load_active().unwrap();
        let template = ResponseTemplate::of(&model);
        let value = prop_oneof![Just(0.0), 50.0..100.0f64, Just(100.0)];
        let rows = (0..10u8, value.clone(), value.clone(), value.clone(), value.clone(), value);
        proptest!(|((pregnancies, glucose, pressure, skin, insulin, bmi) in rows, age in 21..99u8)| {
            let raw = [
                f64::from(pregnancies), glucose, pressure, skin, insulin, bmi, 0.5, f64::from(age),
            ];
            let features = Features::from_raw(raw).unwrap();
            let prediction = model.pipeline.predict(&features);
            let id = Uuid::from_u128(7);
            let expected = PredictResponse::new(&model, &features, &prediction, id);
            let written = one(&template, &features, &prediction, id);
            prop_assert_eq!(
                String::from_utf8(written).unwrap(),
                serde_json::to_string(&expected).unwrap()
            );
        });
    }
}
