//! The inputs of a request, decoded to rows of features: one tensor of all features, or a column
//! for each.

use vitals_core::domain::features::{FEATURE_COUNT, FEATURES, Feature, Features, FieldError};

use super::{ProtocolError, datatype::Datatype, request::InputTensor};

/// Name of the input tensor with all features.
pub(super) const INPUT: &str = "features";

/// Maximum number of invalid fields to report.
const MAX_ERRORS: usize = 32;

/// The reason an input is rejected.
#[derive(Debug)]
pub(super) enum InvalidRows {
    /// A tensor is malformed.
    Tensor(ProtocolError),
    /// Values are out of their feature's range.
    Fields(Vec<FieldError>),
}

impl From<ProtocolError> for InvalidRows {
    fn from(error: ProtocolError) -> Self {
        Self::Tensor(error)
    }
}

/// Decodes and validates at most `max_rows` rows. `binary` is the part of the body behind its JSON.
pub(super) fn input_rows(
    mut inputs: Vec<InputTensor>,
    mut binary: &[u8],
    max_rows: usize,
) -> Result<Vec<Features>, InvalidRows> {
    let rows = match (inputs.len(), inputs.pop()) {
        (1, Some(input)) if input.name == INPUT => matrix(input, &mut binary, max_rows)?,
        (_, Some(last)) => {
            inputs.push(last);
            columns(inputs, &mut binary, max_rows)?
        }
        (_, None) => return Err(ProtocolError::bad_request("the request has no inputs").into()),
    };
    // Bytes that no input claims point to a wrong size, and to values that were read shifted.
    if !binary.is_empty() {
        let error = format!("{} bytes behind the JSON belong to no input", binary.len());
        return Err(ProtocolError::bad_request(error).into());
    }
    validate(&rows)
}

/// The rows of the tensor with all features.
fn matrix(
    input: InputTensor,
    binary: &mut &[u8],
    max_rows: usize,
) -> Result<Vec<[f64; FEATURE_COUNT]>, ProtocolError> {
    let [rows, 8] = *input.shape.as_slice() else {
        return Err(ProtocolError::bad_request(format!(
            "the shape of {INPUT} must be [rows, {FEATURE_COUNT}] with at least one row"
        )));
    };
    let rows = check_rows(rows, max_rows)?;
    let values = values(input, rows * FEATURE_COUNT, binary)?;
    Ok(values.as_chunks().0.to_vec())
}

/// The rows of one column per feature, in any order.
fn columns(
    inputs: Vec<InputTensor>,
    binary: &mut &[u8],
    max_rows: usize,
) -> Result<Vec<[f64; FEATURE_COUNT]>, ProtocolError> {
    // Only a request with every feature once is decoded.
    if inputs.len() != FEATURE_COUNT {
        return Err(ProtocolError::bad_request(format!(
            "expected one input named {INPUT} or {FEATURE_COUNT} inputs named like the features, \
             found {}",
            inputs.len()
        )));
    }
    let mut rows = Vec::new();
    let mut seen = [false; FEATURE_COUNT];
    for input in inputs {
        let position = feature_of(&input.name)?;
        let name = FEATURES[position].name;
        if std::mem::replace(&mut seen[position], true) {
            return Err(ProtocolError::bad_request(format!("input {name} is repeated")));
        }
        let ([count] | [count, 1]) = *input.shape.as_slice() else {
            let error = format!("the shape of {name} must be [rows] or [rows, 1]");
            return Err(ProtocolError::bad_request(error));
        };
        let count = check_rows(count, max_rows)?;
        if rows.is_empty() {
            rows = vec![[0.0; FEATURE_COUNT]; count];
        } else if rows.len() != count {
            let error = format!("the inputs have {} and {count} rows", rows.len());
            return Err(ProtocolError::bad_request(error));
        }
        for (row, value) in rows.iter_mut().zip(values(input, count, binary)?) {
            row[position] = value;
        }
    }
    Ok(rows)
}

fn feature_of(name: &str) -> Result<usize, ProtocolError> {
    Feature::position(name).ok_or_else(|| {
        let shown: String = name.chars().take(64).collect();
        ProtocolError::bad_request(format!("there is no input {shown}"))
    })
}

fn check_rows(rows: u64, max_rows: usize) -> Result<usize, ProtocolError> {
    match usize::try_from(rows) {
        Ok(0) => Err(ProtocolError::bad_request("the shape must have at least one row")),
        Ok(rows) if rows <= max_rows => Ok(rows),
        _ => Err(ProtocolError::too_many_rows(rows, max_rows)),
    }
}

/// The values of a tensor, from its JSON or from the front of `binary`.
fn values(
    input: InputTensor,
    expected: usize,
    binary: &mut &[u8],
) -> Result<Vec<f64>, ProtocolError> {
    let datatype = Datatype::by_name(&input.datatype)?;
    let name = input.name;
    let bad = |error: String| ProtocolError::bad_request(format!("input {name}: {error}"));
    let values = match (input.data, input.parameters.binary_data_size) {
        (Some(numbers), None) => {
            if !numbers.fits(&input.shape) {
                return Err(bad("the arrays of its data do not match the shape".to_owned()));
            }
            let converted = numbers.values.into_iter().map(|number| {
                datatype.convert(number).ok_or_else(|| {
                    bad(format!("{number} is not a value of datatype {}", input.datatype))
                })
            });
            converted.collect::<Result<Vec<f64>, _>>()?
        }
        (None, Some(size)) => {
            let (bytes, rest) = binary.split_at_checked(size).ok_or_else(|| {
                bad(format!(
                    "binary_data_size is {size}, but {} bytes follow the JSON",
                    binary.len()
                ))
            })?;
            *binary = rest;
            let decoded = datatype.decode(bytes);
            decoded.ok_or_else(|| bad("its binary data ends within a value".to_owned()))?
        }
        _ => return Err(bad("expected either data or binary_data_size".to_owned())),
    };
    if values.len() == expected {
        Ok(values)
    } else {
        Err(bad(format!("the shape requires {expected} values, found {}", values.len())))
    }
}

fn validate(lines: &[[f64; FEATURE_COUNT]]) -> Result<Vec<Features>, InvalidRows> {
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
