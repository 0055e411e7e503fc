//! The Kafka positions that the lake has archived up to.
//!
//! Every commit carries one `txn` action per partition: the application id names cluster, topic
//! and partition, the version is the next offset to read. Data and position are one commit, so
//! the table alone defines the archived offsets.
//!
//! A partition's log is identified by the cluster's id. When the log was recreated and an
//! operator has accepted the new one, its identity is `<cluster>#<generation>`: its positions
//! start afresh, and column `kafka_cluster` distinguishes the rows of the two. The generation is
//! the version of one more `txn` action per partition, `log/<topic>/<partition>`.
//!
//! ```text
//!  txn appId             version
//!  log/vitals/3          2          generation ─▶ LogId "c1#2"
//!  begin/c1#2/vitals/3   40         first offset that the archive covers
//!  c1#2/vitals/3         55         next offset of that log
//!  last/c1#2/vitals/3    ...        distance and fingerprint of the last message
//!  stopped/c1#2/vitals/3 ...        time of a stop, which lasts until generation 3
//! ```
//!
//! [`Transactions`] reads all of them in one pass over the table's log.

mod log_file;
mod checkpoint;
mod transactions;
mod last_message;
mod topic_log;
mod kafka_source;

pub use self::{
    kafka_source::{Archived, ArchivedLog, KafkaSource},
    last_message::LastMessage,
    topic_log::{Positions, TopicLog, all_positions, current_positions},
    transactions::Transactions,
};
