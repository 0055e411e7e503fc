//! Saved models: a folder per model and version, checked whole when loaded.
//!
//! ```text
//! models/active.json                      which model and version is served
//! models/logistic/3f1c0a9b2d4e/manifest.json     what it is, and the SHA-256 of the others
//! models/logistic/3f1c0a9b2d4e/model.json        weights
//! models/logistic/3f1c0a9b2d4e/scaler.json       imputer and scaler
//! models/logistic/3f1c0a9b2d4e/calibration.json  slope and intercept of the score
//! models/logistic/3f1c0a9b2d4e/explainer.json    background and base value
//! models/logistic/3f1c0a9b2d4e/conformal.json    scores that prediction sets are made from
//! models/logistic/3f1c0a9b2d4e/overview.json     importance and dependence of every feature
//! models/logistic/3f1c0a9b2d4e/card.json, .md    the model card, for people; not loaded
//! ```
//!
//! The version is the hash of the manifest's content, which holds the hashes of the artifacts:
//! one changed byte anywhere and the version is not the folder's name any more.

mod store;
mod id;
mod manifest;
mod list;
mod load;
mod save;
mod json;
mod error;

pub use error::{LoadError, SaveError};
pub use id::ModelId;
pub use manifest::{FeatureSpec, Manifest, SCHEMA_VERSION};
pub use store::{CARD_JSON, Registry, SavedModel, sha256_hex};
