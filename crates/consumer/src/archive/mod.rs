//! From Kafka to the lake: poll, decode into rows, encode, plan, write, commit.
//!
//! One thread polls and decodes, one encodes Parquet; neither waits for the storage. One task
//! writes and commits, one batch at a time. Between them stand short channels: while the first
//! one is full no message is taken from librdkafka, but polling goes on.

mod pipeline;
mod source;
mod start;
pub(crate) mod batch;
mod sink;
mod spool;
mod status;

pub use self::{
    pipeline::start,
    status::recorder::{StatusRecorder, router},
};
