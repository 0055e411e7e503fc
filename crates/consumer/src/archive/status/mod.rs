//! The archive's state for operators: `GET /status`, and the gauges with the same values.
//!
//! ```text
//!  source, start, sink ──▶ recorder ──▶ snapshot ──▶ GET /status
//!  topic_config, progress ───▲   └────▶ metrics
//! ```

mod snapshot;
mod recorder;
mod progress;
mod topic_config;

pub(crate) use self::{
    progress::watch_progress, snapshot::TimestampType, topic_config::poll_topic_config,
};
pub use self::{recorder::StatusRecorder, snapshot::TopicStatus};
