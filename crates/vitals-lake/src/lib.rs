//! The lake: Delta tables under one root, on HDFS or in a local folder.
//!
//! The consumer writes the tables and the dashboard queries them; both open them through this
//! crate. The modules follow a row's way:
//!
//! ```text
//!  schema ── table ── encoding ── append ──▶ Parquet + Delta log ──▶ query (dashboard)
//!                position (txn actions) ┘          ▲     │
//!                                         lease ───┤     └──▶ audit, checksum
//!                          rewrite, replace: maintain, erase, repair, rejected   storage_report: the storage below
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

pub mod schema;
pub mod table;
pub mod position;
pub mod encoding;
pub mod append;
pub mod lease;
pub mod columns;
mod rewrite;
mod replace;
pub mod maintain;
pub mod erase;
pub mod repair;
pub mod rejected;
pub mod checksum;
pub mod audit;
pub mod query;
pub mod storage_report;

#[cfg(test)]
pub(crate) mod testing;
