//! The archive of one topic: Kafka to the lake, exactly once.
//!
//! ```text
//!  thread "poller"          thread "encoder"       task "storage"              task "drain"
//!  source: fetch, decode ─▶ batch: Parquet ─────▶ sink: plan, upload, commit ◀─ spool, oldest first
//!        ▲   │  4 parts               1 batch        │     │        ▲
//!        │   │                                       │     └ spool ─┘ while the lake is unavailable
//!        │   └─ start requests ─▶ task "start resolver": lake, spool, Kafka's log
//!        ├───── resolved starts ◀────────┘           │
//!        └───── rewinds ◀────────────────────────────┘
//! ```
//!
//! The poller and the encoder never wait for the storage. The channels between the stages are
//! short: while the encoder's channel is full, the poller fetches no message (backpressure), but
//! it keeps polling, so the group keeps its member. The poller waits for the storage task only
//! when partitions are revoked, to flush their batch, and only for a limited time. Start requests,
//! resolved starts and rewinds are unbounded and never block.

mod pipeline;
mod client;
mod epochs;
mod fingerprint;
mod memory_budget;
mod source;
mod start;
mod batch;
mod sink;
mod spool;
mod status;

pub(crate) use self::{
    fingerprint::fingerprint,
    start::{Content, LogContent},
};
pub use self::{
    pipeline::start,
    status::{StatusRecorder, TopicStatus},
};
