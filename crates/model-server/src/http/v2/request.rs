//! An infer request: JSON, optionally followed by the bytes of binary tensors.

use std::fmt;

use serde::{
    Deserialize,
    de::{Deserializer, Error, SeqAccess, Visitor},
};
use utoipa::ToSchema;

use super::ProtocolError;

/// An inference request.
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
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) parameters: Parameters,
    /// The tensor `features`.
    #[schema(min_items = 1, max_items = 1)]
    pub(super) inputs: Vec<InputTensor>,
    /// Tensors to return; `probability` and `prediction` by default.
    #[serde(default)]
    pub(super) outputs: Vec<OutputRequest>,
}

/// Rows of features.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct InputTensor {
    /// Always `features`.
    pub(super) name: String,
    /// Number of rows, and 8.
    #[schema(min_items = 2, max_items = 2)]
    pub(super) shape: Vec<u64>,
    /// `FP64`, `FP32`, or a signed or unsigned integer type.
    pub(super) datatype: String,
    /// `binary_data_size`: number of bytes behind the JSON that hold this tensor.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) parameters: Parameters,
    /// The values row by row, in the features' units, nested or flat; 0 for "not measured".
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
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) parameters: Parameters,
}

/// The supported parameters; others are ignored.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Parameters {
    pub(super) explain: Option<bool>,
    pub(super) binary_data_size: Option<usize>,
    pub(super) binary_data: Option<bool>,
    pub(super) binary_data_output: Option<bool>,
}

/// The numbers of arrays nested to any depth, in order.
#[derive(Debug)]
pub(super) struct Numbers(pub(super) Vec<f64>);

impl InferRequest {
    /// Parses the JSON part.
    pub(super) fn parse(json: &[u8]) -> Result<Self, ProtocolError> {
        serde_json::from_slice(json)
            .map_err(|error| ProtocolError::bad_request(format!("not an infer request: {error}")))
    }
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut numbers = Vec::new();
        deserializer.deserialize_any(Nested(&mut numbers))?;
        Ok(Self(numbers))
    }
}

/// A visitor that appends a number, or every number of an array.
struct Nested<'a>(&'a mut Vec<f64>);

impl<'de> serde::de::DeserializeSeed<'de> for Nested<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Nested<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or an array of numbers")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.0.push(value);
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.visit_f64(value as f64)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.visit_f64(value as f64)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Nested(self.0))?.is_some() {}
        Ok(())
    }
}
