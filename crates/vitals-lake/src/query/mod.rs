//! History queries: the readings of one patient, aggregated into buckets of time.
//!
//! ```text
//!  dashboard ── HistoryQuery ──▶ reader ── plan ──▶ DataFusion ──▶ Parquet
//!                                  ▲                    │ one row per bucket
//!                                  └────── buckets ◀────┘
//! ```
//!
//! The aggregation runs where the table is read, so a query over a week returns as many numbers
//! as a screen can show, and never raw rows.

mod buckets;
mod plan;
mod reader;

pub use self::{buckets::*, reader::*};

#[cfg(test)]
mod tests;
