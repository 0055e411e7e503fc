//! The model server from outside: its command line, its API, and its shipped models.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod client;
mod signer;

mod api;
mod cli;
mod explanations;
mod limits;
mod prediction_log;
mod malformed;
mod fuzz;
mod shap;
mod shipped;
mod activation;
mod copies;
mod default_versions;
mod model_events;
mod provenance;
mod read_only;
mod release;
mod shedding;
mod signatures;
mod v2;
mod v2_input;
mod warnings;
