//! Sends the readings of a source.

use std::time::Duration;

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{
    clock,
    config::Settings,
    kafka::{CountedProducer, ProducerCallbacks, producer_config},
    readiness::Readiness,
};

use super::{drain::Drain, pace::Pace, sender::Sender, topic::Topic};
use crate::{
    metrics,
    source::{Now, Source},
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

        // Wait for the broker and the topic.
        let topic = Topic::new(&settings.kafka, partitions);
        if !topic.ensure(&client, &callbacks, &stop).await? {
            return Ok(());
        }
        // Send until the source is exhausted or a stop is requested.
        let kafka = CountedProducer::threaded(&client, callbacks.clone())
            .context("can't create the Kafka producer")?;
        let sender = Sender::new(kafka, topic.name);
        let timeout = Duration::from_millis(settings.kafka.request_timeout_ms.into());
        let watch = tokio::spawn(callbacks.clone().detect_stalls(timeout));
        let pumped = pump(source.as_mut(), &sender, &stop).await;
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

/// Sends every reading when it is due, until the source is exhausted or `stop`.
async fn pump(
    source: &mut dyn Source,
    sender: &Sender,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let mut pace = Pace::start();
    // Reused for every reading; a reading takes some 300 bytes.
    let mut payload = Vec::with_capacity(512);
    loop {
        let now = Now { wall_ms: clock::now_ms(), elapsed: pace.elapsed() };
        let Some(due) = source.next(now) else { return Ok(()) };
        payload.clear();
        serde_json::to_writer(&mut payload, &due.reading).context("can't encode a reading")?;
        if !pace.reach(due.after, now.elapsed, stop).await
            || !sender.send(&due.reading.patient_id, &payload, stop).await
        {
            return Ok(());
        }
    }
}
