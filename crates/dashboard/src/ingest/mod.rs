//! Kafka to ward: a consumer of every partition of the topic, outside any consumer group.
//!
//! ```text
//! partition watcher (thread)              poller (thread)
//!   fetches metadata                        polls, decodes
//!   resolves start offsets  --backlog-->    determines the arrival
//!   assigns new partitions                     |
//!   sets readiness condition "kafka"           v
//!        |                                live::Hub::apply
//!        +--start offsets--> backfill (thread): reads backwards from them, live::Hub::restore
//!
//! context reader (thread): topic `patient-context` --> live::Hub::set_context
//! alarm reader (thread):   topic `patient-status` ---> live::Hub::set_watched
//! activity reader (thread): topic `audit`, newest ---> activity::Recent
//! alert reader (thread):    topic `alerts`, newest --> archive::Arrivals, as poller and backfill
//! ```
//!
//! Watcher and poller share one `BaseConsumer`. Metadata requests block for up to
//! [`METADATA_TIMEOUT`](threads::METADATA_TIMEOUT), so they never run on the poller's thread.

mod threads;

mod partition_watcher;
mod start_offsets;

mod arrival;
mod poller;

mod backfill;
mod topic_follower;

pub use self::threads::{Receivers, start};
