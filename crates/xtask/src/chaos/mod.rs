//! `cargo xtask chaos`: a soak test against a real Kafka and a real HDFS in which every part fails,
//! in an order that a seed determines.
//!
//! ```text
//! seed -> plan::draw -> Event -> Testbed: Kafka, HDFS, ConsumerProcess (several),
//!                                   |   ForeignWriter, ActivityLog (the second topic)
//!                                   |  faults are injected and repaired
//!                                   v
//!                       verification -> Report
//!                        ^ ReferenceWatch: the same readings without a fault
//! ```
//!
//! At the end every fault is repaired. Every reading must be stored exactly once, and the alerts must
//! be those of an uninterrupted watch. The log of a second topic is damaged (messages are deleted,
//! transactions aborted, the topic recreated): of it, every message must be stored once, or recorded
//! as deleted.

mod soak;

mod plan;
mod setup;
mod testbed;
mod repairs;
mod consumer_process;
mod foreign_writer;
mod stalls;
mod activity_log;
mod topic_recreation;
mod log_damage;

mod verification;
mod reference_watch;
mod topic_reader;
mod alert_log;
mod alert_comparison;
mod log_audit;
mod activity_check;
mod report;

pub use self::soak::{Options, run};
