//! The tasks beside the stages: they observe the topic and the archive's progress.

use std::time::Duration;

use vitals_core::runtime::kafka;

use super::Pipeline;
use crate::archive::status::{poll_topic_config, watch_progress};

impl Pipeline {
    pub(super) fn poll_topic_config(&self) -> impl Future<Output = anyhow::Result<()>> + use<> {
        let settings = &self.settings;
        let config = kafka::producer_config(&settings.kafka, &settings.producer, "consumer");
        let recorder = self.recorder.clone();
        let shutdown = self.shutdown.clone();
        poll_topic_config(config, self.topic.clone(), self.request_timeout(), recorder, shutdown)
    }

    /// A partition may stand still while a batch fills up, and while its upload and its commit
    /// take all of their time.
    pub(super) fn watch_progress(&self) -> impl Future<Output = anyhow::Result<()>> + use<> {
        let rotation = Duration::from_millis(self.settings.consumer.rotation.max_age_ms);
        let limit = rotation + 2 * self.lake.timeout();
        watch_progress(self.recorder.clone(), limit, self.shutdown.clone())
    }
}
