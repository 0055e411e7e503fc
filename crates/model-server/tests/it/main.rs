//! The model server from outside: its command line, its API, and the model it ships with.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod client;

mod api;
mod cli;
mod explanations;
mod log;
mod malformed;
mod shap;
mod shipped;
mod swap;
mod v2;
