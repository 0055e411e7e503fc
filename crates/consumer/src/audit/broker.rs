//! The lake against the broker: what Kafka still has is read again and decoded as the archive
//! does it, and has to give the same rows.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, bail};
use deltalake::DeltaTable;
use rdkafka::{
    ClientContext, Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _, ConsumerContext},
    error::KafkaError,
    message::BorrowedMessage,
    metadata::MetadataTopic,
    types::RDKafkaErrorCode,
};
use serde::Serialize;
use vitals_core::{
    domain::log_id::LogId,
    runtime::{config::Settings, kafka},
};
use vitals_lake::{
    audit::{Audit, Floors, PartitionAudit, Totals},
    position::{Archived, KafkaSource},
    table::Lake,
};

use super::recount::Recount;
use crate::{
    feed::Feed,
    rows::row_encoder::{self, MessagePosition},
};

/// Longest silence of the broker while messages are missing.
const PATIENCE: Duration = Duration::from_secs(60);

/// One partition of the topic, as Kafka has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// The partition.
    pub partition: i32,
    /// The first offset that Kafka still has.
    pub low: i64,
    /// The offset after the last.
    pub high: i64,
    /// Offsets that are not archived yet.
    pub behind: i64,
    /// The messages that both have, decoded again.
    pub again: Totals,
    /// What does not agree; a finding.
    pub finding: Option<String>,
}

/// The end of a partition is asked for here, and no error to be logged.
struct EndIsNoError;

impl ClientContext for EndIsNoError {
    fn error(&self, error: KafkaError, reason: &str) {
        if !matches!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::PartitionEOF)) {
            tracing::warn!(kafka.error = %error, reason, "Kafka client");
        }
    }
}

impl ConsumerContext for EndIsNoError {}

type Client = BaseConsumer<EndIsNoError>;

/// The topic on the broker.
pub(super) struct Broker<'a> {
    client: Client,
    settings: &'a Settings,
    feed: Feed,
    source: KafkaSource,
    watermarks: BTreeMap<i32, (i64, i64)>,
    /// The log that the table has each partition's messages of now.
    logs: BTreeMap<i32, LogId>,
}

impl<'a> Broker<'a> {
    /// Asks the broker what it has.
    ///
    /// # Errors
    /// When it is away or has no such topic.
    pub(super) fn new(settings: &'a Settings, feed: Feed) -> anyhow::Result<Self> {
        let client: Client =
            kafka::archive_config(&settings.kafka, &settings.consumer, "consumer.audit")
                .set("enable.partition.eof", "true")
                .create_with_context(EndIsNoError)
                .context("settings: kafka")?;
        let cluster = kafka::cluster_id(client.client(), timeout(settings))?;
        let source = KafkaSource { cluster, topic: feed.topic(&settings.kafka).to_owned() };
        let watermarks = watermarks(&client, &source.topic, timeout(settings))?;
        Ok(Self { client, settings, feed, source, watermarks, logs: BTreeMap::new() })
    }

    /// Looks up which logs the table has: one that was accepted as a new one has a name of its own.
    ///
    /// # Errors
    /// When the table's log can't be read in time.
    pub(super) async fn find_logs(
        &mut self,
        lake: &Lake,
        table: &DeltaTable,
    ) -> anyhow::Result<()> {
        let partitions: Vec<i32> = self.watermarks.keys().copied().collect();
        let archived = self.source.archived(lake, table, &partitions).await?;
        let found = partitions.into_iter().zip(archived);
        self.logs = found
            .filter_map(|(partition, archived)| match archived {
                Archived::At { log, .. } => Some((partition, log)),
                Archived::Never | Archived::OtherCluster { .. } => None,
            })
            .collect();
        Ok(())
    }

    /// From where on the lake's rows are compared.
    pub(super) fn floors(&self) -> Floors {
        let floor =
            |(id, log): (&i32, &LogId)| Some(((log.clone(), *id), self.watermarks.get(id)?.0));
        self.logs.iter().filter_map(floor).collect()
    }

    /// Reads again what both have, and compares.
    ///
    /// # Errors
    /// When the broker falls silent or deletes messages meanwhile.
    pub(super) fn compare(&self, audit: &Audit) -> anyhow::Result<Vec<Compared>> {
        let ours = |found: &&PartitionAudit| {
            self.logs.get(&found.partition).is_some_and(|log| *log == found.log)
        };
        let lake: BTreeMap<i32, &PartitionAudit> =
            audit.partitions.iter().filter(ours).map(|found| (found.partition, found)).collect();
        let mut again = self.recount(&lake)?;
        let now = watermarks(&self.client, &self.source.topic, timeout(self.settings))?;
        let mut compared = Vec::new();
        for (&partition, &(low, high)) in &self.watermarks {
            if now.get(&partition).is_none_or(|(now, _)| *now != low) {
                bail!("Kafka deleted messages of partition {partition} meanwhile; run it again");
            }
            let again = again.remove(&partition).unwrap_or_default();
            let archived = lake.get(&partition).copied();
            let position = archived.and_then(|found| found.position);
            compared.push(Compared {
                partition,
                low,
                high,
                behind: (high - position.unwrap_or(low).max(low)).max(0),
                again,
                finding: archived.and_then(|found| finding(found, high, again)),
            });
        }
        Ok(compared)
    }

    /// Messages and checksum from what Kafka has, up to the lake's positions.
    fn recount(
        &self,
        lake: &BTreeMap<i32, &PartitionAudit>,
    ) -> anyhow::Result<BTreeMap<i32, Totals>> {
        let times = self.settings.consumer.times;
        let mut recount = Recount::new(self.feed, times);
        let mut wanted = TopicPartitionList::new();
        for (&id, &(low, high)) in &self.watermarks {
            let Some(found) = lake.get(&id) else { continue };
            let end = found.position.unwrap_or(low).min(high);
            let start = low.max(found.first);
            if start < end {
                wanted.add_partition_offset(&self.source.topic, id, Offset::Offset(start))?;
                recount.expect(id, found.log.clone().into(), end);
            }
        }
        self.client.assign(&wanted).context("assign")?;
        while !recount.is_complete() {
            match self.client.poll(PATIENCE) {
                Some(Ok(message)) => take(&mut recount, &message)?,
                Some(Err(KafkaError::PartitionEOF(id))) => recount.ended(id),
                Some(Err(error)) => tracing::warn!(kafka.error = %error, "Kafka poll"),
                None => bail!("Kafka sent nothing for {PATIENCE:?}"),
            }
        }
        recount.finish()
    }
}

fn take(recount: &mut Recount, message: &BorrowedMessage<'_>) -> anyhow::Result<()> {
    let time_ms = message.timestamp().to_millis().context("a message without a time")?;
    let (partition, offset) = (message.partition(), message.offset());
    let carried = row_encoder::Message { key: message.key(), payload: message.payload() };
    recount.message(MessagePosition { partition, offset, time_ms }, carried)
}

fn finding(lake: &PartitionAudit, high: i64, again: Totals) -> Option<String> {
    let position = lake.position?;
    if position > high {
        return Some(format!("archived up to {position}, but the log ends at {high}"));
    }
    if again.messages != lake.above_floor.messages {
        let (kafka, lake) = (again.messages, lake.above_floor.messages);
        return Some(format!("Kafka has {kafka} messages where the lake has {lake}"));
    }
    let differ = again.checksum != lake.above_floor.checksum;
    differ.then(|| "the messages decode to other rows than the lake has".to_owned())
}

fn watermarks(
    client: &Client,
    topic: &str,
    timeout: Duration,
) -> anyhow::Result<BTreeMap<i32, (i64, i64)>> {
    let metadata = client.fetch_metadata(Some(topic), timeout).context("Kafka")?;
    let ids = metadata.topics().iter().flat_map(MetadataTopic::partitions);
    let found = ids.map(|partition| {
        let id = partition.id();
        let watermarks = client
            .fetch_watermarks(topic, id, timeout)
            .with_context(|| format!("Kafka: topic {topic}, partition {id}"))?;
        Ok((id, watermarks))
    });
    found.collect()
}

fn timeout(settings: &Settings) -> Duration {
    Duration::from_millis(u64::from(settings.kafka.request_timeout_ms))
}
