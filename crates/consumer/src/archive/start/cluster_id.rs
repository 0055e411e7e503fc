//! The id of the Kafka cluster, cached.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use anyhow::Context as _;
use rdkafka::consumer::Consumer as _;
use vitals_core::runtime::kafka;
use vitals_lake::position::KafkaSource;

use crate::archive::client::Client;

/// Fetches the cluster's id once and caches it.
pub(crate) struct ClusterId {
    client: Arc<Client>,
    topic: String,
    request_timeout: Duration,
    source: OnceLock<KafkaSource>,
}

impl ClusterId {
    pub(crate) fn new(client: Arc<Client>, topic: String, request_timeout: Duration) -> Self {
        Self { client, topic, request_timeout, source: OnceLock::new() }
    }

    /// The topic with the cluster's id.
    pub(crate) async fn source(self: &Arc<Self>) -> anyhow::Result<KafkaSource> {
        if let Some(source) = self.source.get() {
            return Ok(source.clone());
        }
        let this = Arc::clone(self);
        let source = tokio::task::spawn_blocking(move || this.fetch()).await;
        source.context("fetching the cluster id")?
    }

    /// Blocks while the broker is queried.
    fn fetch(&self) -> anyhow::Result<KafkaSource> {
        let cluster = kafka::cluster_id(self.client.client(), self.request_timeout)?;
        let topic = self.topic.clone();
        Ok(self.source.get_or_init(|| KafkaSource { cluster, topic }).clone())
    }
}
