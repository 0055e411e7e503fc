//! The response of an infer request: JSON, followed by the bytes of binary tensors.

use axum::{
    http::{HeaderName, HeaderValue, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use vitals_core::domain::json_number::write_number;

use crate::{pipeline::Prediction, serving::LoadedModel};

use super::tensor::OutputTensor;

/// The header with the length of a body's JSON part; binary tensors follow it.
pub(super) const JSON_LENGTH: HeaderName =
    HeaderName::from_static("inference-header-content-length");

/// A tensor of the response and its encoding.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestedOutput {
    pub(super) tensor: OutputTensor,
    pub(super) binary: bool,
}

/// An encoded response.
pub(super) struct InferResponse {
    body: Vec<u8>,
    /// Length of the JSON part if binary tensors follow it.
    json_length: Option<usize>,
}

impl IntoResponse for InferResponse {
    fn into_response(self) -> Response {
        match self.json_length {
            None => ([(CONTENT_TYPE, "application/json")], self.body).into_response(),
            Some(length) => {
                let content_type = HeaderValue::from_static("application/octet-stream");
                let headers =
                    [(CONTENT_TYPE, content_type), (JSON_LENGTH, HeaderValue::from(length))];
                (headers, self.body).into_response()
            }
        }
    }
}

impl InferResponse {
    /// Encodes the requested tensors of the predictions.
    pub(super) fn encode(
        model: &LoadedModel,
        id: &str,
        outputs: &[RequestedOutput],
        predictions: &[Prediction],
    ) -> Self {
        let mut json = format!(
            r#"{{"model_name":{},"model_version":{},"id":{},"outputs":["#,
            json_text(model.id.name()),
            json_text(model.id.version()),
            json_text(id)
        )
        .into_bytes();
        let mut binary = Vec::new();
        let threshold = model.saved.manifest.threshold;
        // Binary values are collected separately, because they follow the complete JSON.
        for (i, output) in outputs.iter().enumerate() {
            if i > 0 {
                json.push(b',');
            }
            write_head(&mut json, output.tensor, predictions.len());
            if output.binary {
                write_binary(&mut json, &mut binary, output.tensor, predictions, threshold);
            } else {
                write_data(&mut json, output.tensor, predictions, threshold);
            }
        }
        json.extend_from_slice(b"]}");

        let any_binary = outputs.iter().any(|output| output.binary);
        let json_length = if any_binary { Some(json.len()) } else { None };
        json.append(&mut binary);
        Self { body: json, json_length }
    }
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Writes a tensor's name, datatype and shape.
fn write_head(json: &mut Vec<u8>, tensor: OutputTensor, rows: usize) {
    let name = tensor.name();
    let datatype = tensor.datatype();
    let width = tensor.width();
    let shape = if width == 1 { format!("[{rows}]") } else { format!("[{rows},{width}]") };
    json.extend_from_slice(
        format!(r#"{{"name":"{name}","datatype":"{datatype}","shape":{shape}"#).as_bytes(),
    );
}

/// Appends a tensor's values to the binary part, and their size to its JSON.
fn write_binary(
    json: &mut Vec<u8>,
    binary: &mut Vec<u8>,
    tensor: OutputTensor,
    predictions: &[Prediction],
    threshold: f64,
) {
    let before = binary.len();
    for_each_value(tensor, predictions, threshold, |value| match value {
        Value::Float(value) => binary.extend_from_slice(&value.to_le_bytes()),
        Value::Whole(value) => binary.extend_from_slice(&i64::from(value).to_le_bytes()),
    });
    let size = binary.len() - before;
    json.extend_from_slice(format!(r#","parameters":{{"binary_data_size":{size}}}}}"#).as_bytes());
}

/// Writes a tensor's values as a JSON array.
fn write_data(
    json: &mut Vec<u8>,
    tensor: OutputTensor,
    predictions: &[Prediction],
    threshold: f64,
) {
    json.extend_from_slice(br#","data":["#);
    for_each_value(tensor, predictions, threshold, |value| {
        match value {
            Value::Float(value) => write_number(json, value),
            Value::Whole(value) => json.push(b'0' + value),
        }
        json.push(b',');
    });
    // Drops the comma behind the last value.
    json.pop();
    json.extend_from_slice(b"]}");
}

/// A value of a tensor.
#[derive(Clone, Copy)]
enum Value {
    Float(f64),
    Whole(u8),
}

/// Calls `write` with every value of a tensor, row by row.
fn for_each_value(
    tensor: OutputTensor,
    predictions: &[Prediction],
    threshold: f64,
    mut write: impl FnMut(Value),
) {
    for prediction in predictions {
        match tensor {
            OutputTensor::Probability => write(Value::Float(prediction.probability)),
            OutputTensor::Prediction => {
                write(Value::Whole(u8::from(prediction.probability >= threshold)));
            }
            OutputTensor::LogOdds => write(Value::Float(prediction.log_odds)),
            OutputTensor::BaseValue => write(Value::Float(prediction.base_value)),
            OutputTensor::Contributions => {
                prediction.contributions.iter().for_each(|value| write(Value::Float(*value)));
            }
        }
    }
}
