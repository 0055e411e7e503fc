//! End-to-end tests: the real binaries against a real Kafka and a real HDFS.
//!
//! Every test is ignored in a plain `cargo test`, because it needs Java, Maven, Python and the built
//! binaries. `cargo xtask test` installs the tools, builds the binaries and runs the tests. The files
//! of a test (logs, settings, the table) remain in `target/e2e/TEST`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::allow_attributes,
    reason = "a panic fails the test and names the line"
)]

mod support;

mod secure_kafka;
mod services;

mod foreign_producer;
mod malformed;
mod exactly_once;
mod watch;
mod faults;

mod model_server;
mod openapi_clients;
mod notebook;

mod demo;
