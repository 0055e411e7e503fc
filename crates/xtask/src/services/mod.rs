//! A real Kafka and a real HDFS on loopback, for development and for the end-to-end tests.
//!
//! ```text
//! cli -> Services --+-- Kafka      (one node: broker and controller)
//!        (Ports)    +-- NameNode
//!                   +-- DataNode   each a Server: one Java process with a pid record
//! ```
//!
//! Everything that belongs to an instance (settings, data, logs, pid records) lies in one folder.
//! Instances therefore run side by side, and a tool that was killed finds its servers again.

pub mod cli;

mod instance;

pub mod ports;
pub mod jars;

mod server;
pub mod certificates;
pub mod security;
pub mod kafka;
mod topic_config;
pub mod hdfs;

pub use self::{
    instance::{Ready, Services},
    ports::Ports,
    server::{Lifetime, Server},
    topic_config::stamp_arrivals,
};
