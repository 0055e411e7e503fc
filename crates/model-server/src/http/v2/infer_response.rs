//! The response of an infer request: JSON, followed by the bytes of binary tensors.

use axum::{
    http::{HeaderName, HeaderValue, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::Serialize;

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
#[derive(Debug)]
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

/// The JSON part of a response.
#[derive(Serialize)]
struct JsonPart<'a> {
    model_name: &'a str,
    model_version: &'a str,
    id: &'a str,
    outputs: Vec<TensorJson>,
}

/// A tensor: its values, or the size of its bytes in the binary part.
#[derive(Serialize)]
struct TensorJson {
    name: &'static str,
    datatype: &'static str,
    shape: Vec<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<BinaryParameters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Values>,
}

#[derive(Serialize)]
struct BinaryParameters {
    binary_data_size: usize,
}

/// The values of a tensor, row by row.
#[derive(Serialize)]
#[serde(untagged)]
enum Values {
    Floats(Vec<f64>),
    Integers(Vec<i64>),
}

impl InferResponse {
    /// Encodes the requested tensors of the predictions.
    ///
    /// # Errors
    /// None known: the JSON part has only texts and numbers.
    pub(super) fn encode(
        model: &LoadedModel,
        id: &str,
        outputs: &[RequestedOutput],
        predictions: &[Prediction],
    ) -> serde_json::Result<Self> {
        let threshold = model.saved.manifest.threshold;
        let mut binary = Vec::new();
        let mut tensors = Vec::with_capacity(outputs.len());
        for output in outputs {
            let values = Values::of(output.tensor, predictions, threshold);
            tensors.push(if output.binary {
                // Binary values are collected separately, because they follow the complete JSON.
                let before = binary.len();
                values.append_bytes(&mut binary);
                let binary_data_size = binary.len() - before;
                let parameters = Some(BinaryParameters { binary_data_size });
                TensorJson { parameters, ..TensorJson::empty(output.tensor, predictions.len()) }
            } else {
                let data = Some(values);
                TensorJson { data, ..TensorJson::empty(output.tensor, predictions.len()) }
            });
        }
        let mut body = serde_json::to_vec(&JsonPart {
            model_name: model.id.name(),
            model_version: model.id.version(),
            id,
            outputs: tensors,
        })?;

        // The header with the length of the JSON announces that binary data follows it.
        let any_binary = outputs.iter().any(|output| output.binary);
        let json_length = if any_binary { Some(body.len()) } else { None };
        body.append(&mut binary);
        Ok(Self { body, json_length })
    }
}

impl TensorJson {
    /// A tensor's name, datatype and shape.
    fn empty(tensor: OutputTensor, rows: usize) -> Self {
        let width = tensor.width();
        Self {
            name: tensor.name(),
            datatype: tensor.datatype(),
            shape: if width == 1 { vec![rows] } else { vec![rows, width] },
            parameters: None,
            data: None,
        }
    }
}

impl Values {
    fn of(tensor: OutputTensor, predictions: &[Prediction], threshold: f64) -> Self {
        match tensor {
            OutputTensor::Probability => Self::floats(predictions, |it| it.probability),
            OutputTensor::Prediction => {
                let labels = predictions.iter().map(|it| i64::from(it.probability >= threshold));
                Self::Integers(labels.collect())
            }
            OutputTensor::LogOdds => Self::floats(predictions, |it| it.log_odds),
            OutputTensor::BaseValue => Self::floats(predictions, |it| it.base_value),
            OutputTensor::Warnings => {
                let bits = predictions.iter().flat_map(|it| *it.warnings.bits());
                Self::Integers(bits.map(i64::from).collect())
            }
            OutputTensor::Contributions => {
                Self::Floats(predictions.iter().flat_map(|it| it.contributions).collect())
            }
        }
    }

    fn floats(predictions: &[Prediction], value: impl Fn(&Prediction) -> f64) -> Self {
        Self::Floats(predictions.iter().map(value).collect())
    }

    /// Appends the values, little-endian.
    fn append_bytes(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Floats(values) => {
                bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            }
            Self::Integers(values) => {
                bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            }
        }
    }
}
