//! `cargo xtask chaos`: a soak test against a real Kafka and a real HDFS in which every part fails,
//! in an order that a seed determines.
//!
//! ```text
//! seed -> plan::draw -> Event -> Testbed: Kafka, HDFS, ConsumerProcess (several),
//!                                   |   ForeignWriter
//!                                   |  faults are injected and repaired
//!                                   v
//!                       verification -> Report
//! ```
//!
//! At the end every fault is repaired, and every reading must be stored exactly once.

mod soak;

mod plan;
mod setup;
mod testbed;
mod repairs;
mod consumer_process;
mod foreign_writer;

mod verification;
mod report;

pub use self::soak::{Options, run};
