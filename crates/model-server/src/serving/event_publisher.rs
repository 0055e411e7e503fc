//! Publishes the ledger of the models to Kafka, so that it outlives the folder.
//!
//! At least once: an event is published again if the server stops before it has noted the delivery,
//! and by every server that shares the folder. Its id, the message's key, tells repetitions apart.

use std::{fs, sync::Arc, time::Duration};

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
            CountedProducer, DeliveryMetrics, OutgoingMessage, ProducerCallbacks,
            prediction_log_config, topic_exists,
        },
    },
};

use crate::{SERVICE, registry::Registry};

/// The file with the number of published events, hidden beside the ledger.
const PUBLISHED: &str = ".events.published";

/// Longest wait for the acknowledgement of the new events, and for the creation of the topic.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Events that are in flight at one time.
const PART: usize = 100;

/// Interval at which the acknowledgements are counted.
const DELIVERY_POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Publishes new events of the ledger.
pub(crate) struct EventPublisher {
    settings: Settings,
    registry: Registry,
    /// Number of events that Kafka has acknowledged.
    published: usize,
    /// Present while there are events to publish.
    client: Option<Client>,
}

impl EventPublisher {
    pub(crate) fn new(settings: Settings) -> Self {
        let registry = Registry::new(settings.model_server.models_dir.as_str());
        Self { published: published(&registry), registry, settings, client: None }
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
        if events.len() < self.published {
            self.published = 0;
        }
        if events.len() == self.published {
            return Ok(());
        }
        let client = match &mut self.client {
            Some(client) => client,
            empty @ None => empty.insert(Client::new(&self.settings)?),
        };
        client.ensure_topic().await?;
        // A few at a time, so that the client's queue has room.
        for part in events[self.published..].chunks(PART) {
            client.deliver(part).await?;
            self.published += part.len();
        }
        let path = self.registry.root().join(PUBLISHED);
        let noted = fs::write(&path, format!("{}\n", self.published));
        // Events are rare: between them, no client takes memory. Its end waits for its threads.
        let client = self.client.take();
        tokio::task::spawn_blocking(move || drop(client)).await?;
        noted.with_context(|| format!("can't write {}; they are published again", path.display()))
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
        tokio::time::timeout(TIMEOUT, acknowledged).await.context("no acknowledgement")?
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
        let exists = move || topic_exists(admin.inner(), &name, TIMEOUT);
        if !tokio::task::spawn_blocking(exists).await?? {
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
        let options = AdminOptions::new().request_timeout(Some(TIMEOUT));
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

/// The number of events that were published before the start; 0 if it is not known.
fn published(registry: &Registry) -> usize {
    let noted = fs::read_to_string(registry.root().join(PUBLISHED));
    noted.ok().and_then(|text| text.trim().parse().ok()).unwrap_or_default()
}
