//! The training data, for tests.

use std::path::Path;

pub(crate) use crate::train::Dataset;

/// The data that the shipped models are trained on.
pub(crate) fn pima() -> Dataset {
    Dataset::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/pima.csv")).unwrap()
}
