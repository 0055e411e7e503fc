//! The settings of a partition's watch, and the place from which it starts.

use std::sync::Arc;

use vitals_core::{
    domain::{decode::DecodeOptions, watch::WatchSettings},
    runtime::config::Settings,
};
use vitals_lake::position::LastMessage;

/// The settings of a partition's watch.
#[derive(Debug, Clone)]
pub(super) struct PartitionSettings {
    pub(super) rules: Arc<WatchSettings>,
    pub(super) options: DecodeOptions,
    pub(super) status_interval_ms: i64,
    pub(super) forget_after_ms: i64,
}

impl PartitionSettings {
    pub(super) fn new(settings: &Settings) -> Self {
        // The same verdicts on readings as the dashboard's: a clock that is ahead is a condition.
        let mut options = settings.consumer.decode_options();
        options.times.max_future_ms = i64::MAX;
        Self {
            rules: Arc::new(settings.watch.clone()),
            options,
            status_interval_ms: settings.consumer.watch.status_interval_ms,
            forget_after_ms: settings.consumer.watch.forget_after_ms,
        }
    }
}

/// The place from which a partition is watched.
#[derive(Debug, Clone, Copy)]
pub(super) struct StartPosition {
    /// The first offset to read. Readings before `judge_from` only complete the state.
    pub(super) read_from: i64,
    /// The committed offset: the alerts of earlier readings are on the topic.
    pub(super) judge_from: i64,
    /// The last message that was judged before.
    pub(super) last: Option<LastMessage>,
}
