//! The input tensor, decoded to rows of features, and the output tensors.

use vitals_core::domain::features::{FEATURE_COUNT, Features, FieldError};

use super::{
    ProtocolError,
    request::{InputTensor, Numbers},
};

/// Name of the input tensor.
pub(super) const INPUT: &str = "features";

/// Maximum number of invalid fields to report.
const MAX_ERRORS: usize = 32;

/// The reason an input is rejected.
pub(super) enum InvalidRows {
    /// The tensor is malformed.
    Tensor(ProtocolError),
    /// Values are out of their feature's range.
    Fields(Vec<FieldError>),
}

impl From<ProtocolError> for InvalidRows {
    fn from(error: ProtocolError) -> Self {
        Self::Tensor(error)
    }
}

/// Decodes and validates the rows of the single input. `binary` is the part of the body behind its
/// JSON.
pub(super) fn input_rows(
    inputs: Vec<InputTensor>,
    binary: &[u8],
) -> Result<Vec<Features>, InvalidRows> {
    let [input] = <[InputTensor; 1]>::try_from(inputs).map_err(|inputs| {
        ProtocolError::bad_request(format!("expected 1 input, found {}", inputs.len()))
    })?;
    if input.name != INPUT {
        let error = format!("the input must be named {INPUT}");
        return Err(ProtocolError::bad_request(error).into());
    }
    let rows = match *input.shape.as_slice() {
        [rows, 8] if rows > 0 => rows,
        _ => {
            let error = format!("the shape must be [rows, {FEATURE_COUNT}] with at least one row");
            return Err(ProtocolError::bad_request(error).into());
        }
    };
    // Saturating, because the shape comes from the client.
    let expected = rows.saturating_mul(FEATURE_COUNT as u64);
    let values = decode(input, binary)?;
    if values.len() as u64 != expected {
        let error = format!("the shape requires {expected} values, found {}", values.len());
        return Err(ProtocolError::bad_request(error).into());
    }
    validate(&values)
}

fn decode(input: InputTensor, binary: &[u8]) -> Result<Vec<f64>, ProtocolError> {
    // The datatype is validated even for JSON data.
    let decode_binary = decoder(&input.datatype)?;
    match (input.data, input.parameters.binary_data_size) {
        (Some(Numbers(values)), None) if binary.is_empty() => Ok(values),
        (None, Some(size)) if size == binary.len() => decode_binary(binary)
            .ok_or_else(|| ProtocolError::bad_request("the binary data ends within a value")),
        (None, Some(size)) => Err(ProtocolError::bad_request(format!(
            "binary_data_size is {size}, but {} bytes follow the JSON",
            binary.len()
        ))),
        _ => Err(ProtocolError::bad_request("expected either data or binary_data_size")),
    }
}

/// Decodes little-endian values; `None` if a byte is missing.
type Decoder = fn(&[u8]) -> Option<Vec<f64>>;

/// The decoder of a datatype.
fn decoder(datatype: &str) -> Result<Decoder, ProtocolError> {
    macro_rules! decoder {
        ($type:ty) => {
            |bytes| {
                let (values, rest) = bytes.as_chunks::<{ size_of::<$type>() }>();
                if !rest.is_empty() {
                    return None;
                }
                Some(values.iter().map(|value| <$type>::from_le_bytes(*value) as f64).collect())
            }
        };
    }
    Ok(match datatype {
        "FP64" => decoder!(f64),
        "FP32" => decoder!(f32),
        "INT64" => decoder!(i64),
        "INT32" => decoder!(i32),
        "INT16" => decoder!(i16),
        "INT8" => decoder!(i8),
        "UINT64" => decoder!(u64),
        "UINT32" => decoder!(u32),
        "UINT16" => decoder!(u16),
        "UINT8" => decoder!(u8),
        _ => {
            return Err(ProtocolError::bad_request(
                "datatype must be FP64, FP32, INT or UINT of 8 to 64 bits",
            ));
        }
    })
}

fn validate(values: &[f64]) -> Result<Vec<Features>, InvalidRows> {
    let (lines, _) = values.as_chunks::<FEATURE_COUNT>();
    let mut rows = Vec::with_capacity(lines.len());
    let mut invalid = Vec::new();
    for (row, line) in lines.iter().enumerate() {
        match Features::from_raw(*line) {
            Ok(features) => rows.push(features),
            Err(errors) => {
                invalid.extend(errors.into_iter().map(|e| FieldError { row: Some(row), ..e }));
                // A large batch could otherwise have an error response larger than itself.
                if invalid.len() >= MAX_ERRORS {
                    break;
                }
            }
        }
    }
    if invalid.is_empty() { Ok(rows) } else { Err(InvalidRows::Fields(invalid)) }
}

/// A tensor of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OutputTensor {
    Probability,
    Prediction,
    LogOdds,
    BaseValue,
    Contributions,
}

impl OutputTensor {
    pub(super) const ALL: [Self; 5] =
        [Self::Probability, Self::Prediction, Self::LogOdds, Self::BaseValue, Self::Contributions];
    pub(super) const DEFAULT: [Self; 2] = [Self::Probability, Self::Prediction];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Probability => "probability",
            Self::Prediction => "prediction",
            Self::LogOdds => "log_odds",
            Self::BaseValue => "base_value",
            Self::Contributions => "contributions",
        }
    }

    pub(super) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tensor| tensor.name() == name)
    }

    pub(super) fn datatype(self) -> &'static str {
        if self == Self::Prediction { "INT64" } else { "FP64" }
    }

    /// Values per row.
    pub(super) fn width(self) -> usize {
        if self == Self::Contributions { FEATURE_COUNT } else { 1 }
    }
}
