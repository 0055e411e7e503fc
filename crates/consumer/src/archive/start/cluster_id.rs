//! Which cluster and topic the messages come from.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use rdkafka::consumer::Consumer as _;
use vitals_core::runtime::{config::KafkaSettings, kafka};
use vitals_lake::position::KafkaSource;

use crate::archive::source::callbacks::Client;

/// Asks the cluster for its id once, and remembers it.
pub(crate) struct Origin {
    client: Arc<Client>,
    topic: String,
    timeout: Duration,
    known: OnceLock<KafkaSource>,
}

impl Origin {
    pub(crate) fn new(client: Arc<Client>, topic: String, settings: &KafkaSettings) -> Self {
        let timeout = Duration::from_millis(u64::from(settings.request_timeout_ms));
        Self { client, topic, timeout, known: OnceLock::new() }
    }

    /// The cluster and the topic; blocks while the broker is asked.
    pub(crate) fn source(&self) -> anyhow::Result<KafkaSource> {
        if let Some(source) = self.known.get() {
            return Ok(source.clone());
        }
        let cluster = kafka::cluster_id(self.client.client(), self.timeout)?;
        Ok(self.known.get_or_init(|| KafkaSource { cluster, topic: self.topic.clone() }).clone())
    }
}
