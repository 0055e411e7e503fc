//! The core that the four services of **vitals** share.
//!
//! [`domain`] is pure: readings, their validation, scores, features. It does no I/O and reads
//! no clock. [`runtime`] has the effects: settings, telemetry, Kafka, HTTP and the bootstrap of a
//! service. `domain` depends on nothing in `runtime`.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

pub mod domain;
pub mod runtime;
