//! Runs the producer against librdkafka's built-in broker.
//!
//! Each test starts its own broker and producer in this process, then reads the topic back.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod support;

mod simulate;
mod replay;
mod context;
mod outage;
