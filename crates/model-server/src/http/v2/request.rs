//! An infer request as it comes: JSON, and behind it the bytes of tensors that are sent as such.

use std::fmt;

use serde::{
    Deserialize,
    de::{Deserializer, Error, SeqAccess, Visitor},
};
use utoipa::ToSchema;

use super::{V2Error, json_depth::is_deeper_than};

/// Levels of brackets that are accepted.
const MAX_DEPTH: usize = 16;

/// What is asked.
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
    /// Comes back in the answer.
    #[serde(default)]
    pub(super) id: Option<String>,
    /// `explain`: true adds the explanation's tensors to the answer.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) parameters: Parameters,
    /// The tensor `features`.
    #[schema(min_items = 1, max_items = 1)]
    pub(super) inputs: Vec<InputTensor>,
    /// Which tensors the answer has; without it `probability` and `prediction`.
    #[serde(default)]
    pub(super) outputs: Vec<WantedTensor>,
}

/// Rows of features.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct InputTensor {
    /// Always `features`.
    pub(super) name: String,
    /// Rows and 8.
    #[schema(min_items = 2, max_items = 2)]
    pub(super) shape: Vec<u64>,
    /// `FP64`, `FP32`, or a signed or unsigned integer type.
    pub(super) datatype: String,
    /// `binary_data_size`: how many bytes behind the JSON are this tensor's.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) parameters: Parameters,
    /// The values row by row, in the features' units, nested or flat; 0 for "not measured".
    #[serde(default)]
    #[schema(value_type = Option<Vec<f64>>)]
    pub(super) data: Option<Numbers>,
}

/// A tensor that the answer shall have.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct WantedTensor {
    /// Its name.
    pub(super) name: String,
    /// `binary_data`: true for bytes behind the JSON.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) parameters: Parameters,
}

/// The parameters that are known; any other is passed over.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Parameters {
    pub(super) explain: Option<bool>,
    pub(super) binary_data_size: Option<usize>,
    pub(super) binary_data: Option<bool>,
    pub(super) binary_data_output: Option<bool>,
}

/// Numbers, however nested, in their order.
#[derive(Debug)]
pub(super) struct Numbers(pub(super) Vec<f64>);

impl InferRequest {
    /// Parses the JSON part.
    pub(super) fn parse(json: &[u8]) -> Result<Self, V2Error> {
        if is_deeper_than(json, MAX_DEPTH) {
            return Err(V2Error::bad("the request nests too deeply"));
        }
        sonic_rs::from_slice(json).map_err(|error| {
            // Its message goes on with an excerpt of the input.
            let what = error.to_string().lines().next().unwrap_or_default().to_owned();
            V2Error::bad(format!("not an infer request: {what}"))
        })
    }
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut numbers = Vec::new();
        deserializer.deserialize_any(Nested(&mut numbers))?;
        Ok(Self(numbers))
    }
}

/// Appends a number, or every number of an array.
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
