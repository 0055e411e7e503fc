//! Kafka to Parquet on the local disk: the consumer, a raw drain, and two baselines.
//!
//! ```text
//! Topic (filled once by the producer) -+-> drain          librdkafka alone
//!                                      +-> consumer_run   the release build of the consumer
//!                                      +-> baselines      Python, Spark
//! ```
//!
//! All of them read the same topic, one after the other, on the same processors, which they share
//! with the broker.

mod comparison;

pub(super) mod topic;

pub mod drain;
pub(super) mod consumer_run;
mod baselines;

pub(super) mod delta;

pub use self::comparison::{Options, run};
