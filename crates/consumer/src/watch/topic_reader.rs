//! A reader of whole topics, outside any consumer group.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use rdkafka::{
    Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
    message::BorrowedMessage,
};
use vitals_core::runtime::{
    config::Settings,
    kafka::{QuietCallbacks, is_denied, is_unknown_topic, partitions, reader_config, watermarks},
};

/// Upper bound on one poll.
const POLL_TIMEOUT: Duration = Duration::from_millis(100);

/// Reads every partition of a topic, from its beginning or from given offsets.
pub(crate) struct TopicReader {
    consumer: BaseConsumer<QuietCallbacks>,
    topic: String,
    /// Upper bound on a request, and on the wait for the next message below the end.
    timeout: Duration,
    /// The next offset of each assigned partition.
    next: BTreeMap<i32, i64>,
}

impl TopicReader {
    /// A reader of `topic` that has no partition yet.
    ///
    /// # Errors
    /// If the Kafka client refuses the settings.
    pub(crate) fn new(settings: &Settings, topic: &str) -> anyhow::Result<Self> {
        let mut config = reader_config(&settings.kafka, "consumer.watch");
        config.set("enable.partition.eof", "true");
        Ok(Self {
            consumer: config.create_with_context(QuietCallbacks).context("settings: kafka")?,
            topic: topic.to_owned(),
            timeout: Duration::from_millis(settings.kafka.request_timeout_ms.into()),
            next: BTreeMap::new(),
        })
    }

    /// Assigns the partitions that are new, each from its offset in `from`, else from its
    /// beginning. A topic that does not exist has none.
    ///
    /// # Errors
    /// If the broker does not respond.
    pub(crate) fn assign_new(&mut self, from: &BTreeMap<i32, i64>) -> anyhow::Result<()> {
        self.assign_within(from, self.timeout)
    }

    /// Assigns the partitions that are new, from their beginning. Each request takes at most
    /// `timeout`.
    ///
    /// # Errors
    /// If the broker does not respond in time.
    pub(crate) fn refresh(&mut self, timeout: Duration) -> anyhow::Result<()> {
        self.assign_within(&BTreeMap::new(), timeout)
    }

    fn assign_within(
        &mut self,
        from: &BTreeMap<i32, i64>,
        timeout: Duration,
    ) -> anyhow::Result<()> {
        let found = match partitions(self.consumer.client(), &self.topic, timeout) {
            Ok(found) => found,
            Err(error) if is_unknown_topic(&error) => return Ok(()),
            Err(error) if is_denied(&error) => bail!("access to topic {} is denied", self.topic),
            Err(error) => return Err(error).context("the broker does not respond"),
        };
        let mut new = TopicPartitionList::new();
        for partition in found {
            if self.next.contains_key(&partition) {
                continue;
            }
            let range = watermarks(self.consumer.client(), &self.topic, partition, timeout)
                .with_context(|| format!("the watermarks of {}", self.topic))?;
            // Out of range: the topic was created again, or retention has deleted the offset.
            let start = from.get(&partition).copied().unwrap_or(range.start);
            let start = if start > range.end { range.start } else { start.max(range.start) };
            new.add_partition_offset(&self.topic, partition, Offset::Offset(start))?;
            self.next.insert(partition, start);
        }
        if new.count() > 0 {
            self.consumer.incremental_assign(&new)?;
        }
        Ok(())
    }

    /// By partition, the offset of the first message since `time_ms`. A partition without one, or
    /// a broker that can't tell, has none.
    ///
    /// # Errors
    /// If the broker does not respond.
    pub(crate) fn offsets_since(&self, time_ms: i64) -> anyhow::Result<BTreeMap<i32, i64>> {
        let found = match partitions(self.consumer.client(), &self.topic, self.timeout) {
            Ok(found) => found,
            Err(error) if is_unknown_topic(&error) => return Ok(BTreeMap::new()),
            Err(error) if is_denied(&error) => bail!("access to topic {} is denied", self.topic),
            Err(error) => return Err(error).context("the broker does not respond"),
        };
        let mut times = TopicPartitionList::new();
        for partition in found {
            times.add_partition_offset(&self.topic, partition, Offset::Offset(time_ms))?;
        }
        let offsets = self.consumer.offsets_for_times(times, self.timeout)?;
        let known = offsets.elements().into_iter().filter_map(|element| match element.offset() {
            Offset::Offset(offset) => Some((element.partition(), offset)),
            _ => None,
        });
        Ok(known.collect())
    }

    /// Reads up to the end that the topic has now.
    ///
    /// # Errors
    /// If the broker does not respond, or delivers nothing for the request timeout.
    pub(crate) fn read_to_end(
        &mut self,
        mut apply: impl FnMut(&BorrowedMessage<'_>),
    ) -> anyhow::Result<()> {
        let mut missing = BTreeMap::new();
        for (partition, next) in &self.next {
            let client = self.consumer.client();
            let end = watermarks(client, &self.topic, *partition, self.timeout)?.end;
            if *next < end {
                missing.insert(*partition, end);
            }
        }
        let mut progress = Instant::now();
        while !missing.is_empty() {
            match self.consumer.poll(POLL_TIMEOUT) {
                Some(Ok(message)) => {
                    progress = Instant::now();
                    let partition = message.partition();
                    let next = message.offset() + 1;
                    self.next.insert(partition, next);
                    missing.retain(|id, end| *id != partition || next < *end);
                    apply(&message);
                }
                // The last offsets may be transaction markers.
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    missing.remove(&partition);
                }
                Some(Err(error)) => tracing::debug!(%error, "poll failed, librdkafka retries"),
                None => {}
            }
            if progress.elapsed() > self.timeout {
                bail!("no message of {} for {:?}", self.topic, self.timeout);
            }
        }
        Ok(())
    }

    /// Applies the messages that have arrived, waiting up to `timeout` for the first. Returns
    /// false if none had.
    pub(crate) fn poll(
        &mut self,
        timeout: Duration,
        mut apply: impl FnMut(&BorrowedMessage<'_>),
    ) -> bool {
        let mut any = false;
        let mut wait = timeout;
        while let Some(polled) = self.consumer.poll(wait) {
            wait = Duration::ZERO;
            match polled {
                Ok(message) => {
                    self.next.insert(message.partition(), message.offset() + 1);
                    apply(&message);
                    any = true;
                }
                Err(KafkaError::PartitionEOF(_)) => {}
                Err(error) => {
                    tracing::debug!(%error, "poll failed, librdkafka retries");
                    return any;
                }
            }
        }
        any
    }

    /// The next offset of each partition.
    pub(crate) const fn positions(&self) -> &BTreeMap<i32, i64> {
        &self.next
    }
}
