//! History queries: the readings of one patient, aggregated into buckets of time.
//!
//! ```text
//!  dashboard ─ HistoryQuery ─▶ reader ─ plan ─▶ DataFusion ─▶ Parquet
//!                     bucket_length ┘                │ one row per bucket
//!                                      History ◀─────┘
//! ```
//!
//! A reading that was sent again counts once. The aggregation runs where the table is read, so a query over a week returns as many numbers
//! as a screen can show, and never raw rows. A `scan` reads all readings of a period, for the watch.

mod request;
mod bucket_length;
mod reader;
mod plan;
mod history;

mod scan;

pub use self::{
    history::{History, Series},
    reader::{HistoryReader, QueryError},
    request::{HistoryQuery, InvalidQuery, MAX_POINTS, MAX_TIME_MS, MIN_POINTS},
    scan::{patient_contexts, readings},
};

#[cfg(test)]
mod tests;
