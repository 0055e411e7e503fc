//! Publishes the ledger of the models to Kafka, so that it outlives the folder.
//!
//! At least once: an event is published again if the server stops before it has noted the delivery,
//! and by every server that shares the folder. A new cluster gets the whole ledger. An
//! event's id, the message's key, tells repetitions apart.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, bail, ensure};
use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    config::FromClientConfigAndContext as _,
    types::RDKafkaErrorCode,
};
use tokio_util::sync::CancellationToken;
use vitals_core::{
    domain::model_event::ModelEvent,
    runtime::{
        config::Settings,
        kafka::{
            CountedProducer, DeliveryMetrics, OutgoingMessage, ProducerCallbacks, cluster_id,
            prediction_log_config, topic_exists,
        },
    },
};

use crate::{SERVICE, registry::Registry};

use super::published_events::Published;

/// Longest wait for a response of the cluster.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest wait for the acknowledgement of events. Those that are late are sent again.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(30);

/// Events that are in flight at one time.
const PART: usize = 100;

/// Interval at which the acknowledgements are counted.
const DELIVERY_POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Publishes new events of the ledger.
pub(crate) struct EventPublisher {
    settings: Settings,
    registry: Registry,
    published: Published,
    /// True if `published` is about the cluster that the settings name.
    is_confirmed: bool,
    /// Present while there are events to publish.
    client: Option<Client>,
}

impl EventPublisher {
    pub(crate) fn new(settings: Settings) -> Self {
        let registry = Registry::new(settings.model_server.models_dir.as_str());
        let published = Published::noted(&registry);
        Self { published, is_confirmed: false, registry, settings, client: None }
    }

    /// Publishes new events every `interval` until `shutdown`.
    pub(crate) async fn run(mut self, interval: Duration, shutdown: CancellationToken) {
        let mut logged_error = None;
        while shutdown.run_until_cancelled(tokio::time::sleep(interval)).await.is_some() {
            let Some(outcome) = shutdown.run_until_cancelled(self.publish_new()).await else {
                return;
            };
            let error = outcome.err().map(|error| format!("{error:#}"));
            // An outage fails on every attempt; its error is logged once.
            if error != logged_error
                && let Some(error) = &error
            {
                tracing::warn!(error, "model events not published; the next attempt follows");
            }
            logged_error = error;
        }
    }

    async fn publish_new(&mut self) -> anyhow::Result<()> {
        let events = self.registry.events()?;
        // Another ledger in the same place: it is published from its start.
        if events.len() < self.published.events {
            self.published.events = 0;
        }
        let is_complete = events.len() == self.published.events;
        if is_complete && (self.is_confirmed || events.is_empty()) {
            return Ok(());
        }
        self.deliver_new(&events).await?;
        // Events are rare: between them, no client takes memory. Its end waits for its threads.
        let client = self.client.take();
        Ok(tokio::task::spawn_blocking(move || drop(client)).await?)
    }

    async fn deliver_new(&mut self, events: &[ModelEvent]) -> anyhow::Result<()> {
        let client = match &mut self.client {
            Some(client) => client,
            empty @ None => empty.insert(Client::new(&self.settings)?),
        };
        // Another cluster has none of the events.
        let cluster = client.cluster().await?;
        if self.published.cluster != cluster {
            self.published = Published { cluster, events: 0 };
        }
        self.is_confirmed = true;
        let new = &events[self.published.events..];
        if new.is_empty() {
            return Ok(());
        }
        client.ensure_topic().await?;
        // A few at a time, so that the client's queue has room.
        for part in new.chunks(PART) {
            client.deliver(part).await?;
            self.published.events += part.len();
        }
        self.published.note(&self.registry)
    }
}

/// The Kafka client of the events.
struct Client {
    producer: CountedProducer,
    admin: Arc<AdminClient<ProducerCallbacks>>,
    topic: String,
    topic_exists: bool,
}

impl Client {
    fn new(settings: &Settings) -> anyhow::Result<Self> {
        let config = prediction_log_config(&settings.kafka, &settings.model_server.log, SERVICE);
        let callbacks = ProducerCallbacks::new("model events", DeliveryMetrics::default());
        let admin = AdminClient::from_config_and_context(&config, callbacks.clone());
        let failed = "can't create the Kafka client of the model events";
        Ok(Self {
            producer: CountedProducer::threaded(&config, callbacks).context(failed)?,
            admin: Arc::new(admin.context(failed)?),
            topic: settings.kafka.topics.model_events.clone(),
            topic_exists: false,
        })
    }

    /// The id of the cluster.
    async fn cluster(&self) -> anyhow::Result<String> {
        let admin = Arc::clone(&self.admin);
        tokio::task::spawn_blocking(move || cluster_id(admin.inner(), REQUEST_TIMEOUT)).await?
    }

    /// Sends events and waits until Kafka has acknowledged all of them.
    async fn deliver(&self, events: &[ModelEvent]) -> anyhow::Result<()> {
        let before = self.producer.stats();
        for event in events {
            self.send(event)?;
        }
        let expected = before.delivered + events.len() as u64;
        let acknowledged = async {
            while self.producer.stats().delivered < expected {
                ensure!(self.producer.stats().failed == before.failed, "a delivery failed");
                tokio::time::sleep(DELIVERY_POLL_INTERVAL).await;
            }
            Ok(())
        };
        // The client keeps trying: an event that is late is sent again and may arrive twice.
        tokio::time::timeout(DELIVERY_TIMEOUT, acknowledged).await.context("no acknowledgement")?
    }

    fn send(&self, event: &ModelEvent) -> anyhow::Result<()> {
        let json = serde_json::to_vec(event)?;
        let message = OutgoingMessage {
            topic: &self.topic,
            key: Some(event.event_id.as_bytes()),
            payload: Some(&json),
            headers: None,
            timestamp_ms: None,
        };
        Ok(self.producer.send(message)?)
    }

    /// Creates the topic unless it exists: retained for ever, because the ledger is not complete
    /// without its start, and not compacted, because every event has its own key.
    async fn ensure_topic(&mut self) -> anyhow::Result<()> {
        if self.topic_exists {
            return Ok(());
        }
        let admin = Arc::clone(&self.admin);
        let name = self.topic.clone();
        // librdkafka's request blocks its thread.
        let exists = tokio::task::spawn_blocking(move || {
            topic_exists(admin.inner(), &name, REQUEST_TIMEOUT)
        });
        if !exists.await?? {
            self.create_topic().await?;
        }
        self.topic_exists = true;
        Ok(())
    }

    async fn create_topic(&self) -> anyhow::Result<()> {
        // -1: the broker's default replication factor. One partition keeps the order.
        let topic = NewTopic::new(&self.topic, 1, TopicReplication::Fixed(-1))
            .set("cleanup.policy", "delete")
            .set("retention.ms", "-1");
        let options = AdminOptions::new().request_timeout(Some(REQUEST_TIMEOUT));
        for created in self.admin.create_topics([&topic], &options).await? {
            match created {
                // Another server created it first.
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((topic, code)) => bail!("can't create the topic {topic}: {code}"),
            }
        }
        Ok(())
    }
}
