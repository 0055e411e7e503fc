//! The compacted topic of contexts: creation, reading to its end, one write.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use rdkafka::{
    Message as _, Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    consumer::{BaseConsumer, Consumer as _},
    types::RDKafkaErrorCode,
};
use vitals_core::{
    domain::patient_context::PatientContext,
    runtime::{
        config::Settings,
        kafka::{
            CountedProducer, DeliveryMetrics, OutgoingMessage, ProducerCallbacks, QuietCallbacks,
            is_denied, is_unknown_topic, partitions, producer_config, reader_config, watermarks,
        },
    },
};

/// Partitions of the topic if it has to be created: contexts are few.
const PARTITIONS: i32 = 1;

/// The properties of the topic if it has to be created. The broker sets the time of a context: an
/// admission counts from it at the latest.
pub(crate) const CONTEXT_PROPERTIES: [(&str, &str); 2] =
    [("cleanup.policy", "compact"), ("message.timestamp.type", "LogAppendTime")];

type ContextReader = BaseConsumer<QuietCallbacks>;

/// The topic of contexts.
pub(crate) struct ContextTopic<'a> {
    settings: &'a Settings,
    name: &'a str,
    timeout: Duration,
}

impl<'a> ContextTopic<'a> {
    pub(crate) fn new(settings: &'a Settings) -> Self {
        let timeout = Duration::from_millis(settings.kafka.request_timeout_ms.into());
        Self { settings, name: &settings.kafka.topics.patient_context, timeout }
    }

    /// Creates the topic if it does not exist.
    pub(super) async fn ensure(&self) -> anyhow::Result<()> {
        let admin: AdminClient<DefaultClientContext> =
            producer_config(&self.settings.kafka, &self.settings.producer, "producer")
                .create()
                .context("settings: kafka")?;
        match partitions(admin.inner(), self.name, self.timeout) {
            Ok(_) => return Ok(()),
            Err(error) if is_unknown_topic(&error) => {}
            Err(error) => return Err(error).context("the broker does not respond"),
        }
        // -1: the broker's default replication factor.
        let topic = NewTopic::new(self.name, PARTITIONS, TopicReplication::Fixed(-1));
        let topic = CONTEXT_PROPERTIES
            .into_iter()
            .fold(topic, |topic, (name, value)| topic.set(name, value));
        let options = AdminOptions::new().request_timeout(Some(self.timeout));
        for created in admin.create_topics([&topic], &options).await? {
            match created {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((name, code)) => bail!("can't create topic {name}: {code}"),
            }
        }
        Ok(())
    }

    /// The current contexts by patient, of the whole topic. Blocks.
    pub(crate) fn read(&self) -> anyhow::Result<BTreeMap<String, PatientContext>> {
        let consumer: ContextReader = reader_config(&self.settings.kafka, "producer")
            .create_with_context(QuietCallbacks)
            .context("settings: kafka")?;
        let mut contexts = BTreeMap::new();
        let found = match partitions(consumer.client(), self.name, self.timeout) {
            Ok(found) => found,
            Err(error) if is_unknown_topic(&error) => return Ok(contexts),
            Err(error) => return Err(error).context("the broker does not respond"),
        };
        for partition in found {
            self.read_partition(&consumer, partition, &mut contexts)?;
        }
        Ok(contexts)
    }

    fn read_partition(
        &self,
        consumer: &ContextReader,
        partition: i32,
        contexts: &mut BTreeMap<String, PatientContext>,
    ) -> anyhow::Result<()> {
        // Read up to the end of this moment: a context that is written meanwhile is a later change.
        let range = watermarks(consumer.client(), self.name, partition, self.timeout)?;
        let mut next = range.start;
        let mut assignment = TopicPartitionList::new();
        assignment.add_partition_offset(self.name, partition, Offset::Offset(next))?;
        consumer.assign(&assignment)?;
        let mut progress = Instant::now();
        while next < range.end {
            // Compaction removes the last offset only after a newer message of its key.
            let Some(message) = consumer.poll(self.timeout) else {
                bail!("no message from partition {partition} within {:?}", self.timeout);
            };
            let message = match message {
                Ok(message) => message,
                // librdkafka looks for a coordinator although the reader joins no group.
                Err(error) if is_denied(&error) && progress.elapsed() < self.timeout => continue,
                Err(error) => return Err(error.into()),
            };
            progress = Instant::now();
            next = message.offset() + 1;
            let Some(Ok(id)) = message.key().map(std::str::from_utf8) else { continue };
            match message.payload() {
                None => {
                    contexts.remove(id);
                }
                Some(value) => match PatientContext::parse(value) {
                    Ok(context) => {
                        contexts.insert(id.to_owned(), context);
                    }
                    Err(reason) => tracing::warn!(
                        kafka.offset = message.offset(),
                        reason,
                        "invalid patient context"
                    ),
                },
            }
        }
        Ok(())
    }

    /// Writes the context of `patient`, or a tombstone, and waits for the acknowledgement. Blocks.
    pub(super) fn write(&self, patient: &str, context: Option<&[u8]>) -> anyhow::Result<()> {
        let callbacks = ProducerCallbacks::new("producer", DeliveryMetrics::default());
        let config = producer_config(&self.settings.kafka, &self.settings.producer, "producer");
        let producer = CountedProducer::polled(&config, callbacks)?;
        producer.send(OutgoingMessage {
            topic: self.name,
            key: Some(patient.as_bytes()),
            payload: context,
            headers: None,
            timestamp_ms: None,
        })?;
        producer.flush(self.timeout).context("the broker does not acknowledge the context")?;
        // The flush ends for refused messages as well.
        if producer.stats().delivered == 0 {
            bail!("the broker refused the context");
        }
        Ok(())
    }
}
