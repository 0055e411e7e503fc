//! The archive's state for operators: `GET /status`, and the gauges with the same values.
//!
//! ```text
//!  source, start, sink ──▶ recorder ──▶ snapshot ──▶ GET /status
//!  retention ────────────────▲   └────▶ metrics
//! ```

mod snapshot;
mod recorder;
mod retention;

pub(crate) use self::retention::poll_retention;
pub use self::{recorder::StatusRecorder, snapshot::TopicStatus};
