//! The model server from outside: its command line, its API, and the model it ships with.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod client;

mod api;
mod cli;
mod explanations;
mod malformed;
mod shap;
mod shipped;
