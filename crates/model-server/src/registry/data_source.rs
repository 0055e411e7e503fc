//! The identity of training data.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The data a model was trained on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DataSource {
    /// Name of the file, without its folder.
    pub file: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Number of people.
    pub rows: usize,
    /// Number of people with diabetes.
    pub positives: usize,
}
