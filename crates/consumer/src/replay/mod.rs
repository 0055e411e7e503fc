//! `consumer replay-rejected`: decodes the rejected messages in the lake again, after a fix of the
//! decoder or its limits.
//!
//! ```text
//!  command ── each file of rejected messages ──▶ reprocess: count, new rows
//!     └──▶ vitals_lake::rejected ──▶ one commit per file: old file removed, new files added
//! ```
//!
//! A message that is valid now becomes a stored row in the commit that removes its rejected row.
//! Every offset is therefore stored exactly once at all times, and the command is idempotent.

mod command;
mod reprocess;
mod counts;

pub use self::{
    command::{replay, run},
    counts::{Count, Counts},
};
