//! Hyperparameters, as the manifest lists them.

use std::collections::BTreeMap;

/// Hyperparameters by name.
pub type Hyperparameters = BTreeMap<String, f64>;
