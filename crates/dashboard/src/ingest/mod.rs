//! Kafka to ward: a consumer of every partition of the topic, outside any consumer group.
//!
//! ```text
//! partition watcher (thread)              poller (thread)
//!   fetches metadata                        polls, decodes
//!   resolves start offsets                     |
//!   assigns new partitions                     v
//!   sets readiness condition "kafka"        live::Hub::apply
//! ```
//!
//! Both threads share one `BaseConsumer`. Metadata requests block for up to
//! [`METADATA_TIMEOUT`](threads::METADATA_TIMEOUT), so they never run on the poller's thread.

mod threads;

mod partition_watcher;
mod start_offsets;

mod poller;

pub use self::threads::start;
