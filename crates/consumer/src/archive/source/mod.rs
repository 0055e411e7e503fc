//! The polling thread: Kafka to rows.
//!
//! ```text
//!  librdkafka ── messages ──▶ batch_queue ──▶ poller ──▶ batch::builder ──▶ backpressure ──▶ parquet_encoder
//!      │                                       ▲  │                                             thread
//!      │ rebalances, statistics, errors        │  └── start requests ──▶ start::resolver
//!      └──▶ client ─────▶ rebalance ───────────┘ ◀── resolved starts ──────────┘
//!                                              ◀── rewinds ── sink
//! ```
//!
//! An error in place of a partition's messages concerns that partition alone: `recovery` stops
//! fetching it, has the cursor compared with Kafka's log, and fetches again from the cursor. A
//! cursor never moves back.
//!
//! The thread never waits for the lake. While the encoder's channel is full it fetches no message
//! (backpressure), but it keeps polling, so that rebalances are answered and the group keeps its
//! member.

mod batch_queue;
mod partition_run;
mod fetch_assignment;
mod backpressure;
mod cursor;
mod run_decoder;
mod fetch_error;
mod probe;
mod fetch_failures;
mod prefetch;
mod state;
mod recovery;
mod rebalance;
mod poller;

pub(crate) use self::{poller::Poller, rebalance::Rebalancer};
