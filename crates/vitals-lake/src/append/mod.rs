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
//! orphan, which vacuum deletes. On a local disk, both are flushed before they count as stored. The files of a batch and the Kafka positions behind it are one
//! commit, so the table's log alone defines the archived offsets.

mod data_file;
mod file_stats;
mod upload;
mod commit;
mod durable;

pub(crate) use self::commit::{bounded, commit_actions, commit_next_version, streaming_update};
pub(crate) use self::durable::flush;
pub use self::{
    commit::{commit, is_conflict},
    data_file::DataFile,
    upload::upload,
};
