//! From Kafka to batches.

pub(crate) mod poller;
pub(crate) mod rebalance;
pub(crate) mod epochs;
pub(crate) mod callbacks;
pub(crate) mod lag;
pub(crate) mod batch_queue;
