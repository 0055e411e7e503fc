//! The parts of a response that are the same for every request to a model, written once.

use vitals_core::domain::{
    features::{FEATURE_COUNT, FEATURES},
    json_number::write_number,
};

use crate::registry::SavedModel;

/// What all answers of a model have in common, already in JSON.
#[derive(Debug)]
pub(crate) struct ResponseTemplate {
    pub(crate) threshold: f64,
    /// From the risk level to the log-odds.
    pub(crate) threshold_field: Box<[u8]>,
    /// From the log-odds to the first contribution.
    pub(crate) base_value_field: Box<[u8]>,
    /// From the start of each contribution to the feature's value.
    pub(crate) feature_fields: [Box<[u8]>; FEATURE_COUNT],
    /// From what was not measured to the request's id.
    pub(crate) model_fields: Box<[u8]>,
    /// What rows have in common.
    pub(crate) rows_fields: Box<[u8]>,
}

impl ResponseTemplate {
    pub(crate) fn of(model: &SavedModel) -> Self {
        let manifest = &model.manifest;
        let base_value = number_text(model.pipeline.base_value());
        let threshold = number_text(manifest.threshold);
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let (name, version) = (text(&manifest.name), text(&manifest.version));
        let names = FEATURES.map(|feature| text(feature.name)).join(",");
        let bytes = |text: String| text.into_bytes().into_boxed_slice();
        let model = format!(r#""model":{name},"model_version":{version},"request_id":""#);
        Self {
            threshold: manifest.threshold,
            threshold_field: bytes(format!(r#","threshold":{threshold},"log_odds":"#)),
            base_value_field: bytes(format!(r#","base_value":{base_value},"contributions":["#)),
            feature_fields: std::array::from_fn(|j| {
                let comma = if j == 0 { "" } else { "," };
                let name = text(FEATURES[j].name);
                bytes(format!(r#"{comma}{{"feature":{name},"value":"#))
            }),
            rows_fields: bytes(format!(
                r#"],"features":[{names}],"threshold":{threshold},"base_value":{base_value},{model}"#
            )),
            model_fields: bytes(format!("],{model}")),
        }
    }
}

fn number_text(value: f64) -> String {
    let mut text = Vec::new();
    write_number(&mut text, value);
    String::from_utf8_lossy(&text).into_owned()
}
