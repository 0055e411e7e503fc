//! Tensors: the rows of a request out of theirs, and those of an answer.

use vitals_core::domain::features::{FEATURE_COUNT, Features, FieldError};

use super::{
    V2Error,
    request::{InputTensor, Numbers},
};

/// Name of the input tensor.
pub(super) const INPUT: &str = "features";

/// Most wrong fields that are named.
const MAX_ERRORS: usize = 32;

/// Why rows are not taken.
pub(super) enum Refusal {
    /// The tensor is not as described.
    Tensor(V2Error),
    /// Values that can't be.
    Fields(Vec<FieldError>),
}

impl From<V2Error> for Refusal {
    fn from(error: V2Error) -> Self {
        Self::Tensor(error)
    }
}

/// The rows of the one input; `binary` is what came behind the JSON.
pub(super) fn rows(inputs: Vec<InputTensor>, binary: &[u8]) -> Result<Vec<Features>, Refusal> {
    let [input] = <[InputTensor; 1]>::try_from(inputs)
        .map_err(|inputs| V2Error::bad(format!("one input is expected, not {}", inputs.len())))?;
    if input.name != INPUT {
        return Err(V2Error::bad(format!("the input is called {INPUT}")).into());
    }
    let count = match *input.shape.as_slice() {
        [rows, 8] if rows > 0 => rows.saturating_mul(FEATURE_COUNT as u64),
        _ => return Err(V2Error::bad(format!("the shape must be rows and {FEATURE_COUNT}")).into()),
    };
    let values = values(input, binary)?;
    if values.len() as u64 != count {
        let error = format!("the shape says {count} values, there are {}", values.len());
        return Err(V2Error::bad(error).into());
    }
    checked(&values)
}

fn values(input: InputTensor, binary: &[u8]) -> Result<Vec<f64>, V2Error> {
    let kind = kind(&input.datatype)?;
    match (input.data, input.parameters.binary_data_size) {
        (Some(Numbers(values)), None) if binary.is_empty() => Ok(values),
        (None, Some(bytes)) if bytes == binary.len() => {
            kind(binary).ok_or_else(|| V2Error::bad("the bytes are not whole values"))
        }
        (None, Some(bytes)) => Err(V2Error::bad(format!(
            "binary_data_size is {bytes}, behind the JSON are {} bytes",
            binary.len()
        ))),
        _ => Err(V2Error::bad("either data or binary_data_size is expected")),
    }
}

/// Reads little-endian values; `None` when a byte is missing.
type Read = fn(&[u8]) -> Option<Vec<f64>>;

/// How the values of a datatype are read.
fn kind(datatype: &str) -> Result<Read, V2Error> {
    macro_rules! read {
        ($type:ty) => {
            |bytes| {
                let (values, rest) = bytes.as_chunks::<{ size_of::<$type>() }>();
                let value =
                    |bytes: &[u8; size_of::<$type>()]| <$type>::from_le_bytes(*bytes) as f64;
                rest.is_empty().then(|| values.iter().map(value).collect())
            }
        };
    }
    Ok(match datatype {
        "FP64" => read!(f64),
        "FP32" => read!(f32),
        "INT64" => read!(i64),
        "INT32" => read!(i32),
        "INT16" => read!(i16),
        "INT8" => read!(i8),
        "UINT64" => read!(u64),
        "UINT32" => read!(u32),
        "UINT16" => read!(u16),
        "UINT8" => read!(u8),
        _ => return Err(V2Error::bad("datatype must be FP64, FP32, INT or UINT of 8 to 64 bits")),
    })
}

fn checked(values: &[f64]) -> Result<Vec<Features>, Refusal> {
    let (lines, _) = values.as_chunks::<FEATURE_COUNT>();
    let mut rows = Vec::with_capacity(lines.len());
    let mut wrong = Vec::new();
    for (row, line) in lines.iter().enumerate() {
        match Features::from_raw(*line) {
            Ok(features) => rows.push(features),
            Err(errors) => {
                wrong.extend(errors.into_iter().map(|e| FieldError { row: Some(row), ..e }));
                if wrong.len() >= MAX_ERRORS {
                    break;
                }
            }
        }
    }
    if wrong.is_empty() { Ok(rows) } else { Err(Refusal::Fields(wrong)) }
}

/// A tensor of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    Probability,
    Prediction,
    LogOdds,
    BaseValue,
    Contributions,
}

impl Output {
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

    pub(super) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|output| output.name() == name)
    }

    pub(super) fn datatype(self) -> &'static str {
        if self == Self::Prediction { "INT64" } else { "FP64" }
    }

    /// Values per row.
    pub(super) fn width(self) -> usize {
        if self == Self::Contributions { FEATURE_COUNT } else { 1 }
    }
}
