//! Recognition of a log by the last message that was archived of it.
//!
//! A recreated topic, or a log that a broker restored from an older state, may have grown beyond
//! the archived position. It then has another message at the offset of the last archived one.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, anyhow};
use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    consumer::{
        BaseConsumer, Consumer as _, DefaultConsumerContext, base_consumer::PartitionQueue,
    },
    error::KafkaError,
    message::BorrowedMessage,
    types::RDKafkaErrorCode,
};
use vitals_lake::position::LastMessage;

use crate::archive::fingerprint::fingerprint;

/// Timeout of one poll of the client, between two looks at the partitions.
const POLL_TIMEOUT: Duration = Duration::from_millis(10);

const NO_RESPONSE: &str = "Kafka does not return the last archived message";

/// Reads single messages of the topic, with a client of its own.
#[derive(Debug, Clone)]
pub(crate) struct LogContent {
    config: ClientConfig,
    topic: String,
    timeout: Duration,
}

/// The content of a log at the offset of the last archived message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// The archived message.
    Same,
    /// Another message.
    Other,
    /// No message: compaction removed it.
    Missing,
}

impl LogContent {
    /// The reader of `topic`. `config` is that of a consumer outside any group.
    pub(crate) fn new(mut config: ClientConfig, topic: String, timeout: Duration) -> Self {
        config
            .set("auto.offset.reset", "error")
            .set("enable.partition.eof", "true")
            .set("isolation.level", "read_uncommitted")
            // One message of each partition is enough.
            .set("fetch.message.max.bytes", "16384")
            .set("queued.max.messages.kbytes", "8192")
            .set("queued.min.messages", "1");
        Self { config, topic, timeout }
    }

    /// Compares the messages of partitions with the archived ones, all in one pass. Each partition
    /// has a result of its own. Blocks.
    ///
    /// # Errors
    /// When the client can't be created or refuses the assignment. A partition's error is that Kafka
    /// does not return its message in time, or another error in its place.
    pub(crate) fn compare(
        &self,
        expected: &HashMap<i32, LastMessage>,
    ) -> anyhow::Result<HashMap<i32, anyhow::Result<Content>>> {
        // A client of its own: the archive's one must not lose its assignment or its position.
        let client: Arc<BaseConsumer> = Arc::new(self.config.create()?);
        let mut assignment = TopicPartitionList::new();
        let mut open = Vec::new();
        for (partition, message) in expected {
            let offset = Offset::Offset(message.offset);
            assignment.add_partition_offset(&self.topic, *partition, offset)?;
            // In the client's own queue, an error does not name its partition.
            let queue = client.split_partition_queue(&self.topic, *partition);
            open.push((*partition, *message, queue.context("a partition without a queue")?));
        }
        client.assign(&assignment).context("assign")?;
        let deadline = Instant::now() + self.timeout;
        let mut found = HashMap::new();
        let mut failure = None;
        while failure.is_none() {
            open.retain(|(partition, message, queue)| {
                let response = response(queue, *message);
                response.map(|response| found.insert(*partition, response)).is_none()
            });
            if open.is_empty() {
                break;
            }
            failure = match client.poll(POLL_TIMEOUT) {
                Some(Err(error)) if !is_of_no_partition(&error) => Some(error.to_string()),
                _ if Instant::now() >= deadline => Some(NO_RESPONSE.to_owned()),
                _ => None,
            };
        }
        for (partition, ..) in open {
            found.insert(partition, Err(anyhow!(failure.clone().unwrap_or_default())));
        }
        Ok(found)
    }
}

/// The first response of a partition, if it is there: the one at the requested offset, or an error.
fn response(
    queue: &PartitionQueue<DefaultConsumerContext>,
    expected: LastMessage,
) -> Option<anyhow::Result<Content>> {
    match queue.poll(Duration::ZERO)? {
        Ok(message) => Some(Ok(content(&message, expected))),
        Err(KafkaError::PartitionEOF(_)) => Some(Ok(Content::Missing)),
        Err(error) if is_of_no_partition(&error) => None,
        Err(error) => Some(Err(error.into())),
    }
}

/// Returns true for an error that prevents no message: one broker of several is away, and librdkafka
/// asks another; or the client may not use its group, for which librdkafka looks although it reads
/// outside any.
fn is_of_no_partition(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::Resolve
                | RDKafkaErrorCode::GroupAuthorizationFailed
        )
    )
}

fn content(message: &BorrowedMessage<'_>, expected: LastMessage) -> Content {
    if message.offset() != expected.offset {
        return Content::Missing;
    }
    let timestamp_ms = message.timestamp().to_millis().filter(|time_ms| *time_ms >= 0);
    let found = fingerprint(timestamp_ms, message.key(), message.payload());
    if found == expected.fingerprint { Content::Same } else { Content::Other }
}

#[cfg(test)]
mod tests {
    use rdkafka::{
        mocking::MockCluster,
        producer::{BaseProducer, BaseRecord, Producer as _},
        types::{RDKafkaApiKey, RDKafkaRespErr},
    };

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);
    const TIME_MS: i64 = 1_763_812_800_123;

    /// A topic with a message in each partition, and its two brokers.
    fn topic() -> (MockCluster<'static, rdkafka::producer::DefaultProducerContext>, LogContent) {
        let cluster = MockCluster::new(2).unwrap();
        cluster.create_topic("vitals", 2, 1).unwrap();
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", cluster.bootstrap_servers()).set("group.id", "content");
        let producer: BaseProducer = config.create().unwrap();
        for partition in 0..2 {
            cluster.partition_leader("vitals", partition, Some(partition + 1)).unwrap();
            let record = BaseRecord::<(), str>::to("vitals").payload("a").timestamp(TIME_MS);
            producer.send(record.partition(partition)).map_err(|(error, _)| error).unwrap();
        }
        producer.flush(TIMEOUT).unwrap();
        (cluster, LogContent::new(config, "vitals".to_owned(), TIMEOUT))
    }

    fn last(payload: &str) -> LastMessage {
        let fingerprint = fingerprint(Some(TIME_MS), None, Some(payload.as_bytes()));
        LastMessage { offset: 0, fingerprint }
    }

    #[test]
    fn each_partition_is_compared_with_its_own_message() {
        let (_cluster, content) = topic();
        let mut found = content.compare(&HashMap::from([(0, last("a")), (1, last("b"))])).unwrap();
        assert_eq!(found.remove(&0).unwrap().unwrap(), Content::Same);
        assert_eq!(found.remove(&1).unwrap().unwrap(), Content::Other);
    }

    #[test]
    fn a_group_that_may_not_be_used_fails_no_partition() {
        let (cluster, content) = topic();
        let denied = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED; 3];
        cluster.request_errors(RDKafkaApiKey::FindCoordinator, &denied);
        // The message of partition 1 comes later than the response about the group.
        cluster.broker_round_trip_time(2, Duration::from_millis(300)).unwrap();
        let found = content.compare(&HashMap::from([(0, last("a")), (1, last("a"))])).unwrap();
        for (partition, content) in found {
            assert_eq!(content.unwrap(), Content::Same, "partition {partition}");
        }
    }

    #[test]
    fn an_error_of_one_partition_fails_no_other() {
        let (cluster, content) = topic();
        // The leaders are two brokers, so that a response is of one partition.
        let denied = RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
        cluster.request_errors(RDKafkaApiKey::Fetch, &[denied]);
        let found = content.compare(&HashMap::from([(0, last("a")), (1, last("a"))])).unwrap();
        let (same, failed): (Vec<_>, Vec<_>) = found.into_values().partition(Result::is_ok);
        assert_eq!((same.len(), failed.len()), (1, 1), "{same:?} {failed:?}");
        assert_eq!(*same[0].as_ref().unwrap(), Content::Same);
    }
}
