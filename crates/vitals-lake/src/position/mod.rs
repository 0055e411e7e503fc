//! The Kafka positions that the lake has archived up to.
//!
//! Every commit carries one `txn` action per partition: the application id names cluster, topic
//! and partition, the version is the next offset to read. Data and position are one commit, so
//! the table is the only truth about what was archived.

mod kafka_source;

pub use self::kafka_source::*;
