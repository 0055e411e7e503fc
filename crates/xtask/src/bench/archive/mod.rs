//! Kafka to Parquet on the local disk: the consumer, a raw drain, and two baselines.
//!
//! All of them read the same prepared topic, one after the other, on the same processors, which
//! they share with the broker.

mod comparison;

pub(super) mod topic;

pub mod drain;
pub(super) mod consumer_run;
mod baselines;

pub(super) mod delta;

pub use self::comparison::{Options, run};
