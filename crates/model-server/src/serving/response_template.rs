//! The parts of a response that are the same for every request to a model.

use vitals_core::domain::features::{FEATURE_COUNT, FEATURES};

use crate::{model::RiskBands, registry::SavedModel, warnings::WarningCode};

/// A warning of every feature and code, encoded as JSON.
pub(crate) type WarningTexts = [[Box<[u8]>; WarningCode::ALL.len()]; FEATURE_COUNT];

/// The constant parts of a model's responses, encoded as JSON once.
#[derive(Debug)]
pub(crate) struct ResponseTemplate {
    pub(crate) threshold: f64,
    pub(crate) risk_bands: RiskBands,
    /// From the risk level to the log-odds.
    pub(crate) threshold_field: Box<[u8]>,
    /// From the log-odds to the first contribution.
    pub(crate) base_value_field: Box<[u8]>,
    /// From the start of each contribution to the feature's value.
    pub(crate) feature_fields: [Box<[u8]>; FEATURE_COUNT],
    /// With the text for people.
    pub(crate) warnings: WarningTexts,
    /// For the rows of a batch, without the text.
    pub(crate) short_warnings: WarningTexts,
    /// From the end of the warnings to the request id.
    pub(crate) model_fields: Box<[u8]>,
    /// From the end of the rows to the request id.
    pub(crate) rows_fields: Box<[u8]>,
}

impl ResponseTemplate {
    pub(crate) fn of(model: &SavedModel) -> Self {
        let manifest = &model.manifest;
        let name = json_text(&manifest.name);
        let version = json_text(&manifest.version);
        let model_field = format!(r#""model":{name},"model_version":{version},"request_id":""#);
        let base_value = json_number(model.pipeline.base_value());
        let threshold = json_number(manifest.threshold);
        let features = FEATURES.map(|feature| json_text(feature.name));
        let names = features.join(",");
        // A batch has these fields once, behind its rows.
        let rows_fields = format!(
            r#"],"features":[{names}],"threshold":{threshold},"base_value":{base_value},{model_field}"#
        );
        Self {
            threshold: manifest.threshold,
            risk_bands: manifest.risk_bands,
            threshold_field: bytes(format!(r#","threshold":{threshold},"log_odds":"#)),
            base_value_field: bytes(format!(r#","base_value":{base_value},"contributions":["#)),
            feature_fields: std::array::from_fn(|j| {
                let comma = if j == 0 { "" } else { "," };
                bytes(format!(r#"{comma}{{"feature":{},"value":"#, features[j]))
            }),
            warnings: warnings(|j, code| {
                let observed = model.pipeline.preprocessor.observed();
                let message = json_text(&code.message(&FEATURES[j], observed[j]));
                format!(r#","message":{message}"#)
            }),
            short_warnings: warnings(|_, _| String::new()),
            model_fields: bytes(format!("],{model_field}")),
            rows_fields: bytes(rows_fields),
        }
    }
}

/// Encodes every warning, with `more` behind its code and feature.
fn warnings(more: impl Fn(usize, WarningCode) -> String) -> WarningTexts {
    std::array::from_fn(|j| {
        WarningCode::ALL.map(|code| {
            let feature = json_text(FEATURES[j].name);
            let name = code.name();
            bytes(format!(r#"{{"code":"{name}","feature":{feature}{}}}"#, more(j, code)))
        })
    })
}

fn bytes(text: String) -> Box<[u8]> {
    text.into_bytes().into_boxed_slice()
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn json_number(value: f64) -> String {
    serde_json::Value::from(value).to_string()
}
