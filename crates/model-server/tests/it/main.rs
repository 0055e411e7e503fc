//! The model server from outside: its command line, its API, and its shipped models.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod client;

mod api;
mod cli;
mod explanations;
mod prediction_log;
mod malformed;
mod shap;
mod shipped;
mod activation;
mod v2;
