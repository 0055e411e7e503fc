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
//!      lease (Remove + Add) ─────────┘
//! ```
//!
//! An uploaded file is invisible until a commit names it; a file that no commit ever names is an
//! orphan, which vacuum deletes. The files of a batch and the Kafka positions behind it are one
//! commit, so the table's log alone defines the archived offsets.

mod data_file;
mod file_stats;
mod upload;
mod commit;

pub(crate) use self::commit::{commit_actions, streaming_update};
pub use self::{commit::commit, data_file::DataFile, upload::upload};
