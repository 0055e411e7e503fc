//! An infer request: JSON, optionally followed by the bytes of binary tensors.

use serde::{
    Deserialize,
    de::{Deserializer, IgnoredAny},
};
use utoipa::ToSchema;

use super::{ProtocolError, numbers::Numbers};

/// An inference request. An optional field may be null.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(examples(json!({
    "parameters": { "explain": true },
    "inputs": [{
        "name": "features",
        "shape": [2, 8],
        "datatype": "FP64",
        "data": [0, 137, 40, 35, 168, 43.1, 2.288, 33, 1, 85, 66, 29, 0, 26.6, 0.351, 31]
    }]
})))]
pub(crate) struct InferRequest {
    /// Returned in the response.
    #[serde(default)]
    pub(super) id: Option<String>,
    /// `explain`: true adds the tensors of the explanation to the response.
    #[serde(default, deserialize_with = "null_as_default")]
    #[schema(value_type = Option<Object>)]
    pub(super) parameters: Parameters,
    /// The tensor `features`, or one tensor per feature.
    #[schema(min_items = 1, max_items = 8)]
    pub(super) inputs: Vec<InputTensor>,
    /// Tensors to return, each at most once; `probability`, `prediction` and `warnings` by default.
    #[serde(default, deserialize_with = "null_as_default")]
    #[schema(value_type = Option<Vec<OutputRequest>>, max_items = 6)]
    pub(super) outputs: Vec<OutputRequest>,
}

/// Rows of features, or the column of one feature.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct InputTensor {
    /// `features`, or the name of a feature.
    pub(super) name: String,
    /// Number of rows and 8; for a column, the number of rows, optionally followed by 1.
    #[schema(min_items = 1, max_items = 2)]
    pub(super) shape: Vec<u64>,
    /// `FP64`, `FP32`, or a signed or unsigned integer type.
    pub(super) datatype: String,
    /// `binary_data_size`: number of bytes behind the JSON that hold this tensor.
    #[serde(default, deserialize_with = "null_as_default")]
    #[schema(value_type = Option<Object>)]
    pub(super) parameters: Parameters,
    /// The values row by row, in the features' units, flat or nested like the shape; 0 for "not
    /// measured".
    #[serde(default)]
    #[schema(value_type = Option<Vec<f64>>)]
    pub(super) data: Option<Numbers>,
}

/// A requested output tensor.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct OutputRequest {
    /// Name of the tensor.
    pub(super) name: String,
    /// `binary_data`: true to return the tensor as bytes behind the JSON.
    #[serde(default, deserialize_with = "null_as_default")]
    #[schema(value_type = Option<Object>)]
    pub(super) parameters: Parameters,
}

/// The supported parameters, and those that must not be ignored; others are.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Parameters {
    pub(super) explain: Option<bool>,
    pub(super) binary_data_size: Option<usize>,
    pub(super) binary_data: Option<bool>,
    pub(super) binary_data_output: Option<bool>,
    /// Class labels instead of values.
    classification: Option<IgnoredAny>,
    /// Values in memory that client and server share.
    shared_memory_region: Option<IgnoredAny>,
}

impl Parameters {
    /// The name of a parameter that would change the meaning of the request and is not supported.
    fn unsupported(&self) -> Option<&'static str> {
        if self.classification.is_some() {
            Some("classification")
        } else if self.shared_memory_region.is_some() {
            Some("shared_memory_region")
        } else {
            None
        }
    }
}

impl InferRequest {
    /// Parses the JSON part.
    pub(super) fn parse(json: &[u8]) -> Result<Self, ProtocolError> {
        let request: Self = serde_json::from_slice(json).map_err(|error| {
            ProtocolError::bad_request(format!("not an infer request: {error}"))
        })?;
        let inputs = request.inputs.iter().map(|input| &input.parameters);
        let outputs = request.outputs.iter().map(|output| &output.parameters);
        // Ignoring a parameter could give another result than the client expects.
        match inputs.chain(outputs).find_map(Parameters::unsupported) {
            Some(name) => {
                Err(ProtocolError::bad_request(format!("parameter {name} is not supported")))
            }
            None => Ok(request),
        }
    }
}

/// The protocol allows null for every optional field.
fn null_as_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Default,
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
