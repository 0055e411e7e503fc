//! Appends to a Delta table: the only place in the workspace that commits to one.
//!
//! ```text
//!  encoder (consumer)         object store                    Delta log
//!  ─ ArrowWriter ─┐
//!                 ▼
//!      DataFile {bytes, stats} ── upload ──▶ part-….parquet
//!                 file_stats ▲       │ Add actions
//!                                    ▼
//!      positions (txn actions) ── commit ──────────────────▶ _delta_log/N.json
//!                                    ▲
//!      replace (Remove + Add) ───────┘
//! ```
//!
//! An uploaded file is invisible until a commit names it; a file that no commit ever names is an
//! orphan, which vacuum deletes. On a local disk, both are flushed before they count as stored. The
//! files of a batch and the Kafka positions behind it are one commit, so the table's log alone
//! defines the archived offsets. The archive commits with a [`LogWriter`], which takes as long in a
//! large table as in a small one.

mod data_file;
mod file_stats;
mod upload;
mod commit;
mod durable;
mod log_writer;

#[cfg(test)]
mod log_writer_tests;

pub(crate) use self::commit::{bounded, commit_actions, commit_next_version, streaming_update};
pub(crate) use self::durable::flush;
pub use self::{
    commit::{commit, is_conflict},
    data_file::DataFile,
    log_writer::LogWriter,
    upload::upload,
};
