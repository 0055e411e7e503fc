//! The spool: finished batches on the local disk while the lake is unavailable.
//!
//! ```text
//!  storage_task ── PendingBatch ──▶ queue ── format ──▶ directory: 0…17.batch, 0…18.batch, ...
//!  drain ◀── DrainCandidate ───────── │ ◀───────────────     │ damaged or behind a hole
//!  start::known ◀── coverage ─────────┘                      └──▶ quarantine/
//! ```
//!
//! A batch is one file, written under a temporary name, synced and renamed, so that it is either
//! complete or absent. The names count up, and batches enter the lake in that order. Kafka still
//! has all of the messages: the offsets of a damaged file are read again from there.

mod format;
mod directory;
mod coverage;
mod entry;
mod queue;
mod shared;

pub(crate) use self::{
    directory::SpoolDirectory,
    queue::{DrainCandidate, Spool, SpoolLevel, StaleRead},
    shared::SharedSpool,
};
