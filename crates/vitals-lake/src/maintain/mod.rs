//! Maintenance of a table: compaction of small files, vacuum, a checkpoint, log cleanup.
//!
//! ```text
//!  run: claim lease ─▶ expire ─▶ compact ─▶ vacuum ─▶ checkpoint ─▶ clean up the log
//!                                  │ bins: the sets of files to merge, by day
//!                                  └ one commit per set
//! ```
//!
//! Commits write no checkpoints. Between two runs, [`checkpoint_if_due`] writes one whenever the log
//! has grown long.
//!
//! Readers are not disturbed: a replaced file stays until the retention is over, and so does a
//! file that no commit names, because a writer may be about to commit it.

mod run;
mod arrivals;
mod expire;
mod bins;
mod compact;
mod vacuum;
mod checkpoint;

pub(crate) use self::arrivals::Arrivals;
pub use self::{
    checkpoint::checkpoint_if_due,
    compact::{Compaction, FileTotals},
    expire::{Expired, Expiry},
    run::{Policy, Report, maintain},
};

#[cfg(test)]
mod tests;
