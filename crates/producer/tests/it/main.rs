//! The real producer against librdkafka's built-in broker.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod support;

mod simulate;

mod outage;

mod replay;
