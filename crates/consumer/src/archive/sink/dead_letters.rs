//! DeadLetters of rejected messages, on a topic where their senders can see them.
//!
//! The lake keeps the messages themselves, exactly once. A copy is a courtesy: it may come twice
//! after a crash, and when the broker takes none it is counted and given up.

use metrics::{SharedString, counter};
use rdkafka::{
    ClientContext, Message as _,
    error::KafkaResult,
    message::{DeliveryResult, Header, OwnedHeaders},
    producer::{BaseRecord, ProducerContext, ThreadedProducer},
};
use vitals_core::runtime::{config::Settings, kafka};

use crate::archive::batch::model::Rejected;

/// Sends dead_letters.
pub(crate) struct DeadLetters {
    producer: ThreadedProducer<Reports>,
    from: SharedString,
    to: String,
}

struct Reports {
    from: SharedString,
}

impl ClientContext for Reports {}

impl ProducerContext for Reports {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => counter!("vitals_archive_reject_copies_total", "topic" => self.from.clone())
                .increment(1),
            Err((error, message)) => {
                failed(&self.from);
                tracing::warn!(%error, kafka.topic = message.topic(), "no copy of a rejected message");
            }
        }
    }
}

impl DeadLetters {
    pub(crate) fn new(settings: &Settings, from: SharedString) -> KafkaResult<Self> {
        let producer = kafka::producer_config(&settings.kafka, &settings.producer, "consumer")
            .set("message.timeout.ms", "60000")
            .create_with_context(Reports { from: from.clone() })?;
        Ok(Self { producer, from, to: settings.kafka.topics.rejected.clone() })
    }

    /// Sends a copy with the reason and where the message stood.
    pub(crate) fn send(&self, rejected: &Rejected) {
        let position = [rejected.partition.to_string(), rejected.offset.to_string()];
        let fields = [
            ("reason", rejected.reason.code()),
            ("topic", &self.from),
            ("partition", &position[0]),
            ("offset", &position[1]),
        ];
        let headers = fields.into_iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header { key, value: Some(value) })
        });
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(&self.to).headers(headers);
        if let Some(key) = &rejected.key {
            record = record.key(key);
        }
        if let Some(payload) = &rejected.payload {
            record = record.payload(payload);
        }
        if let Err((error, _)) = self.producer.send(record) {
            failed(&self.from);
            tracing::warn!(%error, "no copy of a rejected message");
        }
    }
}

fn failed(topic: &SharedString) {
    counter!("vitals_archive_reject_copies_failed_total", "topic" => topic.clone()).increment(1);
}
