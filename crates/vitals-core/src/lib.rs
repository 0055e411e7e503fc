//! What the four services of **vitals** share.
//!
//! [`domain`] is pure: readings, their validation, scores, features. It does no I/O and reads
//! no clock. [`runtime`] is everything around it: settings, telemetry, Kafka, HTTP and the
//! bootstrap of a service. `domain` depends on nothing in `runtime`.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

pub mod domain;
pub mod runtime;
