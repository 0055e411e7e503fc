//! The part with effects: the bootstrap of a service, in the order it happens.
//!
//! ```text
//! service::main: settings -> HDFS environment -> telemetry -> signals -> run(settings, shutdown)
//!                                                                          |
//!                               Tasks: HTTP server, Kafka clients, ... <---+
//!                               Readiness <- each task reports its conditions
//! ```

pub mod clock;
pub mod config;
mod hadoop;
pub mod telemetry;
pub mod metrics;
pub mod service;
pub mod tasks;
pub mod readiness;
pub mod problem;
pub mod http;
pub mod healthcheck;
pub mod server;
pub mod trusted_proxies;
pub mod kafka;
pub mod generated_files;
