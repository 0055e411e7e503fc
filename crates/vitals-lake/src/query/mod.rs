//! History queries: the readings of one patient, aggregated into buckets of time.
//!
//! ```text
//!  dashboard ─ HistoryQuery ─▶ reader ─ plan ─▶ DataFusion ─▶ Parquet
//!                     bucket_length ┘                │ one row per bucket
//!                                      History ◀─────┘
//! ```
//!
//! A reading that was sent again counts once. The aggregation runs where the table is read, so a query over a week returns as many numbers
//! as a screen can show, and never raw rows.

mod request;
mod bucket_length;
mod reader;
mod plan;
mod history;

pub use self::{
    history::{History, Series},
    reader::{HistoryReader, QueryError},
    request::{HistoryQuery, InvalidQuery, MAX_POINTS, MAX_TIME_MS, MIN_POINTS},
};

#[cfg(test)]
mod tests;
