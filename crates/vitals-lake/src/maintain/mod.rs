//! Maintenance of a table: compaction of small files, vacuum, a checkpoint, log cleanup.
//!
//! ```text
//!  run: claim lease ─▶ compact ─▶ vacuum ─▶ checkpoint ─▶ clean up the log
//!                        │ bins: the sets of files to merge
//!                        └ one commit per set
//! ```
//!
//! Readers are not disturbed: a replaced file stays until the retention is over, and so does a
//! file that no commit names, because a writer may be about to commit it.

mod run;
mod bins;
mod compact;

pub use self::{
    compact::{Compaction, FileTotals},
    run::{Policy, Report, maintain},
};

#[cfg(test)]
mod tests;
