//! The ward dashboard: the live ward, every patient's history and the risk form in a browser.
//!
//! The live path, in the order of the data: [`ingest`] reads Kafka, [`ward`] holds the state of
//! every patient, [`live`] streams it to the browsers. [`routes`] serves that stream, the history
//! from the lake ([`history_client`]), [`statistics`], the model server's responses ([`model_client`]),
//! the state of all services ([`pipeline`]) and the pages. [`activity`] records who opened which view,
//! and [`archive`] knows how far the lake reaches.
//! [`wire`] is the contract with the pages.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

pub mod ingest;

pub mod ward;

pub mod live;

pub mod statistics;

pub mod pipeline;

pub mod activity;

pub mod archive;

pub mod activity_client;
pub mod alert_limits;
pub mod history_client;
pub mod model_client;
pub mod statistics_client;

pub mod wire;

pub mod routes;

mod startup;

pub mod metrics;

#[cfg(test)]
mod testing;

pub use self::startup::run;
