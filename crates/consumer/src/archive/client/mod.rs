//! The Kafka consumer client of the archive.
//!
//! ```text
//!  librdkafka ── rebalances ──▶ callbacks: queue ──▶ source::rebalance
//!             ── errors ──────▶ callbacks ──▶ readiness
//!             ── statistics ──▶ lag ──▶ status
//! ```

mod callbacks;
mod lag;

pub(crate) use self::callbacks::{Callbacks, Client};
