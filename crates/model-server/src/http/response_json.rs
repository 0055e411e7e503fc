//! The answer as JSON, written by hand: the names in it never change, and serialising them again
//! for every answer would take longer than the model does.
//!
//! A test holds it to what `serde_json` makes of [`PredictResponse`](super::PredictResponse).

use uuid::Uuid;
use vitals_core::domain::{
    features::Features,
    json_number::{write_measured, write_number},
    prediction::RiskLevel,
};

use crate::{pipeline::Prediction, serving::ResponseTemplate};

/// Room for one answer with long numbers.
const RESPONSE_BYTES: usize = 1536;
/// Room for one row of many.
const ROW_BYTES: usize = 320;

/// The answer about one person.
pub(super) fn one(
    template: &ResponseTemplate,
    features: &Features,
    prediction: &Prediction,
    id: Uuid,
) -> Vec<u8> {
    let mut json = Vec::with_capacity(RESPONSE_BYTES);
    outcome(&mut json, template, prediction);
    json.extend_from_slice(&template.threshold_field);
    write_number(&mut json, prediction.log_odds);
    json.extend_from_slice(&template.base_value_field);
    let (raw, sent) = (features.raw(), features.values());
    for (j, start) in template.feature_fields.iter().enumerate() {
        json.extend_from_slice(start);
        write_measured(&mut json, raw[j]);
        json.extend_from_slice(br#","used_value":"#);
        write_measured(&mut json, prediction.used[j]);
        json.extend_from_slice(if sent[j].is_nan() {
            br#","imputed":true,"contribution":"#
        } else {
            br#","imputed":false,"contribution":"#
        });
        write_number(&mut json, prediction.contributions[j]);
        json.push(b'}');
    }
    json.extend_from_slice(br#"],"not_measured":["#);
    not_measured(&mut json, features);
    json.extend_from_slice(&template.model_fields);
    request_id(&mut json, id);
    json
}

/// The answer about many; what is the same for all of them is said once.
pub(super) fn many(
    template: &ResponseTemplate,
    rows: &[Features],
    predict: impl Fn(&Features) -> Prediction,
    mut seen: impl FnMut(&Prediction),
    id: Uuid,
) -> Vec<u8> {
    let mut json = Vec::with_capacity(RESPONSE_BYTES + ROW_BYTES * rows.len());
    json.extend_from_slice(br#"{"predictions":["#);
    for (i, features) in rows.iter().enumerate() {
        if i > 0 {
            json.push(b',');
        }
        let prediction = predict(features);
        seen(&prediction);
        outcome(&mut json, template, &prediction);
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
        not_measured(&mut json, features);
        json.extend_from_slice(b"]}");
    }
    json.extend_from_slice(&template.rows_fields);
    request_id(&mut json, id);
    json
}

/// From the opening brace to the risk level.
fn outcome(json: &mut Vec<u8>, template: &ResponseTemplate, prediction: &Prediction) {
    let positive = prediction.probability >= template.threshold;
    json.extend_from_slice(if positive {
        br#"{"prediction":1,"probability":"#
    } else {
        br#"{"prediction":0,"probability":"#
    });
    write_number(json, prediction.probability);
    json.extend_from_slice(br#","risk_level":""#);
    json.extend_from_slice(RiskLevel::of(prediction.probability).name().as_bytes());
    json.push(b'"');
}

fn not_measured(json: &mut Vec<u8>, features: &Features) {
    for (i, name) in features.not_measured().enumerate() {
        json.extend_from_slice(if i == 0 { b"\"" } else { b",\"" });
        json.extend_from_slice(name.as_bytes());
        json.push(b'"');
    }
}

fn request_id(json: &mut Vec<u8>, id: Uuid) {
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
    fn it_is_what_serde_makes_of_the_answer() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        let model = Registry::new(root).load_active().unwrap();
        let template = ResponseTemplate::of(&model);
        let value = prop_oneof![Just(0.0), 50.0..100.0f64];
        let rows = (0..10u8, value.clone(), value.clone(), value.clone(), value.clone(), value);
        proptest!(|((pregnancies, glucose, pressure, skin, insulin, bmi) in rows, age in 21..99u8)| {
            let raw = [
                f64::from(pregnancies), glucose, pressure, skin, insulin, bmi, 0.5, f64::from(age),
            ];
            let features = Features::from_raw(raw).unwrap();
            let prediction = model.pipeline.predict(&features);
            let id = Uuid::from_u128(7);
            let expected = PredictResponse::new(&model.manifest, &features, &prediction, id);
            let written = one(&template, &features, &prediction, id);
            prop_assert_eq!(
                String::from_utf8(written).unwrap(),
                serde_json::to_string(&expected).unwrap()
            );
        });
    }
}
