//! The lake: Delta tables under one root, on HDFS or in a local folder.
//!
//! The consumer writes them, the dashboard reads them; both open them here.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

pub mod schema;

pub mod table;

pub mod position;

pub mod append;

pub mod query;

pub mod audit;

pub mod checksum;

pub mod encoding;

pub mod lease;

mod rewrite;

pub mod maintain;

pub mod rejected;

#[cfg(test)]
pub(crate) mod testing;
