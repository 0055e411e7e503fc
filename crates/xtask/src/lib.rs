//! The developer's tool: one command for the demonstration, the whole test run, the benches, the browser UI,
//! and a real Kafka and a real HDFS on loopback.
//!
//! It is a library as well, so that the end-to-end tests start the same servers in the same way.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::allow_attributes,
        reason = "a test that panics is a test that fails, with the line"
    )
)]

pub mod audit;
pub mod bench;
pub mod chaos;
pub mod command;
pub mod consumer_log;
pub mod demo;
pub mod http;
pub mod independent;
pub mod scrape;
pub mod paths;
pub mod process;
pub mod services;
pub mod suite;
pub mod terminal;
pub mod ui;
