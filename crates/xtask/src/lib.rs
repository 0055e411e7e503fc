//! The developer's tool: demo, test suite, benches, chaos test, browser UI, and a real Kafka and a
//! real HDFS on loopback, each as one command.
//!
//! ```text
//! main -> demo | suite | chaos | bench | services | ui     commands
//!            |
//!            +-> services                     Kafka and HDFS
//!            +-> containers                   docker-compose.yml, run
//!            +-> audit, independent           two verifications of the archived table
//!            +-> http, scrape, consumer_log   endpoints and logs of the services
//!            +-> command, process             child processes
//! ```
//!
//! It is also a library, so that the end-to-end tests start the same servers in the same way.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::allow_attributes,
        reason = "a panic fails the test and names the line"
    )
)]

pub mod demo;
pub mod suite;
pub mod chaos;
pub mod bench;
pub mod services;
pub mod containers;
pub mod ui;

pub mod audit;
pub mod independent;

pub mod group;
pub mod http;
pub mod scrape;
pub mod consumer_log;

mod clock;
pub mod command;
pub mod process;

pub mod tools;
pub mod paths;
pub mod terminal;
