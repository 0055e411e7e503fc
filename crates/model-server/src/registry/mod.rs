//! Saved models: one folder per model and version, verified as a whole when loaded.
//!
//! ```text
//! models/active.json                             name and version of the active model
//! models/logistic/3f1c0a9b2d4e/manifest.json     description, and SHA-256 of the other files
//! models/logistic/3f1c0a9b2d4e/model.json        weights
//! models/logistic/3f1c0a9b2d4e/scaler.json       imputer and scaler
//! models/logistic/3f1c0a9b2d4e/calibration.json  slope and intercept of the score
//! models/logistic/3f1c0a9b2d4e/explainer.json    background and base value
//! models/logistic/3f1c0a9b2d4e/conformal.json    scores that prediction sets are computed from
//! models/logistic/3f1c0a9b2d4e/overview.json     importance and dependence of every feature
//! models/logistic/3f1c0a9b2d4e/card.json, .md    the model card, for people; not loaded
//! models/logistic/.../manifest.json.minisig      signature of the manifest; optional
//! models/events.jsonl                            the ledger: every step of every version
//! ```
//!
//! A version is a candidate until it is released; only a released version can be activated.
//!
//! The version is the hash of the manifest's content, which contains the hashes of the artifacts:
//! after any changed byte, the version no longer matches the folder's name. The card names the
//! version, so its digests are in the manifest but not part of the version.

mod store;
mod id;
mod manifest;
mod threshold_rule;
mod figures;
mod data_source;
mod signature;
mod saved_model;
mod save;
mod list;
mod load;
mod event;
mod ledger;
mod governance;
mod rollback;
mod default_versions;
mod folder_state;
mod digest;
mod json;
mod error;
#[cfg(test)]
mod tests;

pub use data_source::DataSource;
pub use digest::sha256_hex;
pub use error::{LoadError, SaveError};
pub use event::Author;
pub use figures::{Figures, Spread};
pub use folder_state::FolderState;
pub use governance::ActivationError;
pub use id::ModelId;
pub use manifest::{FeatureSpec, Manifest, SCHEMA_VERSION};
pub use saved_model::SavedModel;
pub use signature::{InvalidPublicKey, PublicKey, SignatureState};
pub use store::{CARD_JSON, Registry};
pub use threshold_rule::ThresholdRule;
