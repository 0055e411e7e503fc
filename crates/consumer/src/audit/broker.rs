//! The topic on the broker: watermarks and messages.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, bail};
use rdkafka::{
    ClientContext, Message as _, Offset, Timestamp, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _, ConsumerContext},
    error::KafkaError,
    message::BorrowedMessage,
    types::RDKafkaErrorCode,
};
use vitals_core::{
    domain::offset_range::OffsetRange,
    runtime::{config::Settings, kafka},
};
use vitals_lake::position::KafkaSource;

use super::recount::Recount;
use crate::{
    feed::Feed,
    rows::{
        headers,
        message::{KafkaMessage, MessagePosition, TimeType},
    },
};

/// Timeout for the next message while messages are outstanding.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(60);

/// Client callbacks that log errors, except the end of a partition, which the audit waits for.
struct AuditCallbacks;

impl ClientContext for AuditCallbacks {
    fn error(&self, error: KafkaError, reason: &str) {
        if !matches!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::PartitionEOF)) {
            tracing::warn!(kafka.error = %error, kafka.reason = reason, "Kafka client error");
        }
    }
}

impl ConsumerContext for AuditCallbacks {}

/// The topic on the broker. The repair reads it too.
pub(crate) struct Broker {
    client: BaseConsumer<AuditCallbacks>,
    source: KafkaSource,
    request_timeout: Duration,
}

impl Broker {
    /// Connects to the broker.
    ///
    /// # Errors
    /// When it is unavailable.
    pub(crate) fn new(settings: &Settings, feed: Feed) -> anyhow::Result<Self> {
        let config = kafka::archive_config(&settings.kafka, &settings.consumer, "consumer.audit")
            .set("enable.partition.eof", "true")
            // The client would log them.
            .set("statistics.interval.ms", "0")
            .clone();
        let client: BaseConsumer<AuditCallbacks> =
            config.create_with_context(AuditCallbacks).context("settings: kafka")?;
        let request_timeout = Duration::from_millis(settings.kafka.request_timeout_ms.into());
        let cluster = kafka::cluster_id(client.client(), request_timeout)?;
        let source = KafkaSource { cluster, topic: feed.topic(&settings.kafka).to_owned() };
        Ok(Self { client, source, request_timeout })
    }

    pub(crate) const fn source(&self) -> &KafkaSource {
        &self.source
    }

    /// The low and the high watermark of every partition.
    pub(crate) fn watermarks(&self) -> anyhow::Result<BTreeMap<i32, OffsetRange>> {
        let topic = &self.source.topic;
        let partitions = kafka::partitions(self.client.client(), topic, self.request_timeout)?;
        let mut watermarks = BTreeMap::new();
        for partition in partitions {
            let range =
                kafka::watermarks(self.client.client(), topic, partition, self.request_timeout);
            let range =
                range.with_context(|| format!("Kafka: topic {topic}, partition {partition}"))?;
            watermarks.insert(partition, range);
        }
        Ok(watermarks)
    }

    /// Passes the messages from the offsets `starts` on to `recount` until it is complete.
    ///
    /// # Errors
    /// When no message arrives in time.
    pub(super) fn read(
        &self,
        starts: &BTreeMap<i32, i64>,
        recount: &mut Recount,
    ) -> anyhow::Result<()> {
        let mut assignment = TopicPartitionList::new();
        for (partition, start) in starts {
            let offset = Offset::Offset(*start);
            assignment.add_partition_offset(&self.source.topic, *partition, offset)?;
        }
        self.client.assign(&assignment).context("assign")?;
        while !recount.is_complete() {
            match self.client.poll(MESSAGE_TIMEOUT) {
                Some(Ok(message)) => recount.add(&kafka_message(&message))?,
                Some(Err(KafkaError::PartitionEOF(partition))) => recount.end(partition),
                Some(Err(error)) => {
                    tracing::warn!(kafka.error = %error, "the Kafka client reported an error");
                }
                None => bail!("no message from Kafka for {MESSAGE_TIMEOUT:?}"),
            }
        }
        Ok(())
    }
}

impl Broker {
    /// Passes the messages of `range` of a partition to `take`.
    ///
    /// # Errors
    /// When no message arrives in time, or the messages are damaged.
    pub(crate) fn read_range(
        &self,
        partition: i32,
        range: OffsetRange,
        mut take: impl FnMut(&KafkaMessage<'_>),
    ) -> anyhow::Result<()> {
        let mut assignment = TopicPartitionList::new();
        let start = Offset::Offset(range.start);
        assignment.add_partition_offset(&self.source.topic, partition, start)?;
        self.client.assign(&assignment).context("assign")?;
        loop {
            match self.client.poll(MESSAGE_TIMEOUT) {
                Some(Ok(message)) => {
                    if range.contains(message.offset()) {
                        take(&kafka_message(&message));
                    }
                    if message.offset() + 1 >= range.end {
                        return Ok(());
                    }
                }
                // The last offsets of the range may be transaction markers, or compacted away.
                Some(Err(KafkaError::PartitionEOF(_))) => return Ok(()),
                Some(Err(error)) => {
                    return Err(error).with_context(|| format!("reading partition {partition}"));
                }
                None => bail!("no message from Kafka for {MESSAGE_TIMEOUT:?}"),
            }
        }
    }
}

fn kafka_message<'a>(message: &'a BorrowedMessage<'_>) -> KafkaMessage<'a> {
    let (time_ms, time_type) = match message.timestamp() {
        Timestamp::NotAvailable => (-1, TimeType::None),
        Timestamp::CreateTime(time_ms) => (time_ms, TimeType::Create),
        Timestamp::LogAppendTime(time_ms) => (time_ms, TimeType::LogAppend),
    };
    let position = MessagePosition {
        partition: message.partition(),
        offset: message.offset(),
        time_ms,
        time_type,
    };
    let (key, payload) = (message.key(), message.payload());
    KafkaMessage { position, key, payload, headers: headers(message) }
}
