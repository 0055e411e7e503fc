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
//! The thread never waits for the lake. While the encoder's channel is full it fetches no message
//! (backpressure), but it keeps polling, so that rebalances are answered and the group keeps its
//! member.

mod batch_queue;
mod fetch_assignment;
mod backpressure;
mod state;
mod rebalance;
mod poller;

pub(crate) use self::{poller::Poller, rebalance::Rebalancer};
