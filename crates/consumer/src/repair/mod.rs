//! `consumer repair`: re-reads a range of offsets from Kafka into a hole of the table.
//!
//! ```text
//!  command ──▶ plan (range below the position, same log) ──▶ run, chunk by chunk:
//!      vitals_lake::repair::inspect ──▶ kafka_range ──▶ rows ──▶ vitals_lake::repair::fill
//! ```

mod command;
mod plan;
mod kafka_range;
mod run;

pub use self::{
    command::{Options, run},
    run::{Repaired, repair},
};
