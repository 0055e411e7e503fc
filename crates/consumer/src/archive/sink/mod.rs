//! The storage task: batches to the lake.
//!
//! ```text
//!  encoder ── Batch ──▶ storage_task ──▶ destinations ──▶ committer ──▶ lake
//!                           ▲                │              commit_plan (exactly once), trim
//!                           │                └──▶ spool, while the lake is unavailable
//!                           └──── drain ◀───────── spool, oldest batches first
//!
//!  after every commit: follow_up ──▶ status, readiness, rewinds to the polling thread
//!                          └──▶ acknowledge ──▶ metrics, Kafka's committed offsets, dead_letter_queue
//! ```
//!
//! One batch is committed at a time, in order. The drain is a task of its own, and has the
//! committer while it runs; batches that arrive meanwhile are appended to the spool.

mod storage_task;
mod destinations;
mod committer;
mod commit_plan;
mod trim;
mod outcome;
mod follow_up;
mod acknowledge;
mod dead_letters;
mod dead_letter_queue;
mod drain;

pub(crate) use self::{
    acknowledge::Acknowledger, committer::Committer, dead_letter_queue::DeadLetterQueue,
    dead_letters::DeadLetters, destinations::Destinations, follow_up::FollowUp,
    storage_task::StorageTask,
};
