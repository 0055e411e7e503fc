//! The JSON of saved files. Each ends with a newline.

use serde::Serialize;

/// Encodes a file that only programs read, on one line.
pub(super) fn to_json(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Encodes a file that people read as well, indented. The version of a model is the hash of such
/// a file, so its bytes must not change.
pub(super) fn to_indented_json(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}
