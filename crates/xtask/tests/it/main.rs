//! The product from outside: the real binaries against a real Kafka and a real HDFS.
//!
//! Every test is ignored in a plain `cargo test`: it needs Java, Maven, Python and the built binaries.
//! `cargo xtask test` has all of that and runs them. What a test leaves behind (logs, settings, the
//! table) lies in `target/e2e/TEST`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::allow_attributes,
    reason = "a test that panics is a test that fails, with the line"
)]

mod demo;
mod exactly_once;
mod faults;
mod foreign_producer;
mod malformed;
mod model_server;
mod notebook;
mod services;
mod support;
