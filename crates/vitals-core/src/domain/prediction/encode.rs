//! Encoding of a prediction event.
//!
//! The field names are constant, so each is copied with its punctuation instead of being escaped.
//! A test compares the result with that of `serde_json`.

use serde::Serialize;

use super::{ByFeature, PredictionEvent};
use crate::domain::json_number::{write_measured, write_number};

/// The features' names with their punctuation, in catalog order.
const FEATURE_KEYS: [&[u8]; 8] = [
    br#"{"pregnancies":"#,
    br#","glucose":"#,
    br#","blood_pressure":"#,
    br#","skin_thickness":"#,
    br#","insulin":"#,
    br#","bmi":"#,
    br#","diabetes_pedigree_function":"#,
    br#","age":"#,
];

/// Appends `event` to `json`, as the payload of a message on topic `predictions`.
///
/// # Errors
/// None in practice; `serde_json` encodes the strings.
pub fn encode(event: &PredictionEvent<'_>, json: &mut Vec<u8>) -> serde_json::Result<()> {
    // Identity.
    field(json, br#"{"request_id":"#, &event.request_id)?;
    field(json, br#","row":"#, &event.row)?;
    field(json, br#","timestamp":"#, &event.timestamp)?;
    field(json, br#","model":"#, &event.model)?;
    field(json, br#","model_version":"#, &event.model_version)?;
    field(json, br#","role":"#, &event.role)?;
    // Inputs, which are mostly whole numbers.
    by_feature(json, br#","inputs":"#, event.inputs, write_measured);
    field(json, br#","not_measured":"#, &event.not_measured)?;
    // Result.
    number(json, br#","probability":"#, event.probability);
    field(json, br#","prediction":"#, &event.prediction)?;
    number(json, br#","threshold":"#, event.threshold);
    field(json, br#","risk_level":"#, &event.risk_level)?;
    // Explanation.
    number(json, br#","log_odds":"#, event.log_odds);
    number(json, br#","base_value":"#, event.base_value);
    by_feature(json, br#","contributions":"#, event.contributions, write_number);
    field(json, br#","latency_us":"#, &event.latency_us)?;
    json.push(b'}');
    Ok(())
}

fn by_feature(
    json: &mut Vec<u8>,
    name: &[u8],
    values: ByFeature,
    write: impl Fn(&mut Vec<u8>, f64),
) {
    json.extend_from_slice(name);
    for (key, value) in FEATURE_KEYS.into_iter().zip(values.to_array()) {
        json.extend_from_slice(key);
        write(json, value);
    }
    json.push(b'}');
}

/// Appends a name with its punctuation, then its value.
fn field(json: &mut Vec<u8>, name: &[u8], value: &impl Serialize) -> serde_json::Result<()> {
    json.extend_from_slice(name);
    serde_json::to_writer(json, value)
}

fn number(json: &mut Vec<u8>, name: &[u8], value: f64) {
    json.extend_from_slice(name);
    write_number(json, value);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::prediction::{RiskLevel, Role, tests::event};

    #[test]
    fn the_encoding_matches_serde_json() {
        let numbers = || proptest::array::uniform8(proptest::num::f64::ANY);
        let text = || "\\PC{0,8}|[\"\\\\\n]{0,3}";
        proptest!(|(
            inputs in numbers(),
            contributions in numbers(),
            [probability, log_odds, base_value] in proptest::array::uniform3(proptest::num::f64::ANY),
            (request_id, model) in (text(), text()),
            not_measured in proptest::collection::vec(text(), 0..3),
            (row, timestamp, shadow) in (any::<u32>(), any::<i64>(), any::<bool>()),
        )| {
            let event = PredictionEvent {
                request_id: request_id.into(),
                row,
                timestamp,
                model: model.into(),
                role: if shadow { Role::Shadow } else { Role::Served },
                inputs: inputs.into(),
                not_measured: not_measured.into_iter().map(Into::into).collect(),
                probability,
                risk_level: RiskLevel::of(probability),
                log_odds,
                base_value,
                contributions: contributions.into(),
                ..event()
            };
            let mut json = b"before".to_vec();
            encode(&event, &mut json).unwrap();
            let expected = format!("before{}", serde_json::to_string(&event).unwrap());
            prop_assert_eq!(String::from_utf8(json).unwrap(), expected);
        });
    }
}
