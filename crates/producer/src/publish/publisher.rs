//! Sends the readings of a source.

use std::time::Duration;

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{
    clock,
    config::{Settings, TopicSettings},
    kafka::{CountedProducer, ProducerCallbacks, producer_config},
    readiness::Readiness,
};

use super::{
    announcements::{announce, contexts},
    drain::Drain,
    pace::Pace,
    sender::Sender,
    topic::Topic,
};
use crate::{
    metrics,
    source::{Announcement, Now, Source},
};

/// Sends the readings of a source to Kafka.
#[derive(Debug)]
pub(crate) struct Publisher {
    pub(crate) settings: Settings,
    /// Partitions of the topic if the producer has to create it.
    pub(crate) partitions: i32,
    pub(crate) readiness: Readiness,
    pub(crate) shutdown: CancellationToken,
}

impl Publisher {
    /// Sends the readings of `source` until it is exhausted or a shutdown is requested. Returns an
    /// error unless every reading that was sent is acknowledged.
    pub(crate) async fn run(self, mut source: Box<dyn Source>) -> anyhow::Result<()> {
        let Self { settings, partitions, readiness, shutdown } = self;
        let client = producer_config(&settings.kafka, &settings.producer, "producer");
        // Cancelled by a shutdown and by a permanent error.
        let stop = shutdown.child_token();
        let callbacks =
            ProducerCallbacks::strict("producer", metrics::delivery(), readiness, stop.clone());

        // Wait for the broker and the topics. The client, which is polled, reports failed connections.
        let kafka = CountedProducer::threaded(&client, callbacks.clone())
            .context("can't create the Kafka producer")?;
        let mut topics = vec![Topic::vitals(&settings.kafka, partitions)];
        if source.is_simulated() {
            topics.push(Topic::patient_context(&settings.kafka));
            topics.push(Topic::simulation_truth(&settings.kafka));
        }
        for topic in &topics {
            if !topic.ensure(&client, &callbacks, &stop).await? {
                return Ok(());
            }
        }
        let broker = callbacks.broker();
        let Some(contexts) = contexts(source.as_mut(), &settings, broker, &stop).await? else {
            return Ok(());
        };
        broker.set_up();
        // Send until the source is exhausted or a stop is requested.
        let sender = Sender::new(kafka);
        let timeout = Duration::from_millis(settings.kafka.request_timeout_ms.into());
        let watch = tokio::spawn(callbacks.clone().detect_stalls(timeout));
        let pump = Pump { sender: &sender, topics: &settings.kafka.topics, stop: &stop };
        let pumped = pump.run(source.as_mut(), contexts).await;
        // A failed source must not wait for the broker indefinitely: the shutdown limits the drain.
        if pumped.is_err() {
            shutdown.cancel();
        }
        // Drain: wait for the acknowledgements.
        let drain = Drain {
            callbacks: &callbacks,
            shutdown: &shutdown,
            timeout: Duration::from_millis(settings.producer.drain_timeout_ms),
        };
        let drained = drain.run().await;
        watch.abort();
        // Dropping the client joins its polling thread, and abandons readings still in flight.
        tokio::task::spawn_blocking(move || drop(sender)).await?;
        pumped.and(drained)
    }
}

/// From the source to the client's queue.
struct Pump<'a> {
    sender: &'a Sender,
    topics: &'a TopicSettings,
    stop: &'a CancellationToken,
}

impl Pump<'_> {
    /// Sends the `first` messages, and every reading when it is due, until the source is exhausted
    /// or a stop is requested.
    async fn run(&self, source: &mut dyn Source, first: Vec<Announcement>) -> anyhow::Result<()> {
        if !announce(first, self.sender, self.topics, self.stop).await? {
            return Ok(());
        }
        let mut pace = Pace::start();
        // Reused for every reading; a reading takes some 300 bytes.
        let mut payload = Vec::with_capacity(512);
        loop {
            let now = Now { wall_ms: clock::now_ms(), elapsed: pace.elapsed() };
            let due = source.next(now);
            let is_over = due.is_none();
            if let Some(due) = due {
                payload.clear();
                serde_json::to_writer(&mut payload, &due.reading)
                    .context("can't encode a reading")?;
                let key = &due.reading.patient_id;
                if !pace.reach(due.after, now.elapsed, self.stop).await
                    || !self.sender.send(&self.topics.vitals, key, &payload, self.stop).await
                {
                    return Ok(());
                }
            }
            // The truths about the episodes that have begun by now.
            let announcements = source.announcements();
            if !announce(announcements, self.sender, self.topics, self.stop).await? || is_over {
                return Ok(());
            }
        }
    }
}
