//! The consumer as it is, against librdkafka's built-in broker and a local lake.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod archive;
mod faults;
mod logs;
mod outage;
mod predictions;
mod tools;
mod world;
