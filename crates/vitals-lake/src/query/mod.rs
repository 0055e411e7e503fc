//! History queries: the readings of one patient, aggregated into buckets of time.
//!
//! ```text
//!  dashboard ─ HistoryQuery ─▶ reader ─ plan ─▶ DataFusion ─▶ Parquet
//!                     bucket_length │                │ one row per reading
//!                                   └▶ History ◀─────┘
//! ```
//!
//! A reading that was sent again counts once, and a doubted value beside the accepted ones. A reading of
//! a wrong clock is where the live view places it: its clock is corrected, and a late value is not. The
//! aggregation runs where the table is read, so a query over a week returns as many numbers as a screen
//! can show, and never raw rows. `alarms` has the alarms
//! of the same patient, each from its transitions. A `scan` reads all readings that arrived in a period,
//! for the watch; `period` those measured in it and the rejected messages, for statistics. `activity`
//! lists who has opened which view of the dashboard. `tables` keeps open what all of these read but `scan`,
//! which a process runs once; `archived` knows up to which messages of Kafka they reach.

mod request;
mod bucket_length;
mod table_view;
mod tables;
mod archived;
mod reader;
mod doubts;
mod plan;
mod patient_rows;
mod clocks;
mod device_counts;
mod summary;
mod history;

mod named_columns;
mod alarm_record;
mod alarms;

mod reading_rows;
mod scan;
mod contexts;
mod period;
mod activity;

pub use self::{
    activity::{ActivityQuery, UNKNOWN_USER, activity},
    alarm_record::AlarmRecord,
    alarms::{AlarmHistory, AlarmQuery},
    archived::ArchivedTable,
    contexts::present_contexts,
    device_counts::Device,
    history::{Doubted, History, Series},
    period::Period,
    reader::{HistoryReader, QueryError},
    reading_rows::ReadingRows,
    request::{HistoryQuery, InvalidQuery, MAX_POINTS, MAX_TIME_MS, MIN_POINTS},
    scan::readings,
    tables::Tables,
};

#[cfg(test)]
mod alarm_tests;
#[cfg(test)]
mod tables_tests;
#[cfg(test)]
mod tests;
