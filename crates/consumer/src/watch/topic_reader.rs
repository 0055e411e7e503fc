//! A reader of whole topics, outside any consumer group.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
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
    kafka::{QuietCallbacks, reader_config, watermarks},
};

use super::partition_finder::{PartitionFinder, Search};

/// Upper bound on one poll.
const POLL_TIMEOUT: Duration = Duration::from_millis(100);

/// Reads every partition of a topic, from its beginning or from given offsets.
pub(crate) struct TopicReader {
    consumer: Arc<BaseConsumer<QuietCallbacks>>,
    topic: String,
    /// Upper bound on a request, and on the wait for the next message below the end.
    timeout: Duration,
    finder: PartitionFinder,
    /// The search for new partitions that is under way.
    search: Option<Search>,
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
        let consumer = config.create_with_context(QuietCallbacks).context("settings: kafka")?;
        let consumer = Arc::new(consumer);
        let topic = topic.to_owned();
        let timeout = Duration::from_millis(settings.kafka.request_timeout_ms.into());
        let finder =
            PartitionFinder { consumer: Arc::clone(&consumer), topic: topic.clone(), timeout };
        Ok(Self { consumer, topic, timeout, finder, search: None, next: BTreeMap::new() })
    }

    /// Assigns the partitions that are new, each from its offset in `from`, else from its
    /// beginning. A topic that does not exist has none.
    ///
    /// # Errors
    /// If the broker does not respond.
    pub(crate) fn assign_new(&mut self, from: &BTreeMap<i32, i64>) -> anyhow::Result<()> {
        let new = self.finder.find_new(&self.known(), from)?;
        self.assign(new)
    }

    /// Looks for new partitions beside the caller. A later [`poll`](Self::poll) assigns them, from
    /// their beginning.
    pub(crate) fn refresh(&mut self) {
        if self.search.is_some() {
            return;
        }
        match self.finder.start(self.known()) {
            Ok(search) => self.search = Some(search),
            Err(error) => self.note_failed_search(&error),
        }
    }

    fn assign_found(&mut self) {
        let Some(outcome) = self.search.as_ref().and_then(Search::outcome) else { return };
        self.search = None;
        if let Err(error) = outcome.and_then(|new| self.assign(new)) {
            self.note_failed_search(&error);
        }
    }

    fn note_failed_search(&self, error: &anyhow::Error) {
        let error = format!("{error:#}");
        tracing::debug!(error, kafka.topic = self.topic, "partitions not refreshed");
    }

    fn known(&self) -> BTreeSet<i32> {
        self.next.keys().copied().collect()
    }

    fn assign(&mut self, mut new: BTreeMap<i32, i64>) -> anyhow::Result<()> {
        new.retain(|partition, _| !self.next.contains_key(partition));
        if new.is_empty() {
            return Ok(());
        }
        let mut assigned = TopicPartitionList::new();
        for (partition, start) in &new {
            assigned.add_partition_offset(&self.topic, *partition, Offset::Offset(*start))?;
        }
        self.consumer.incremental_assign(&assigned)?;
        self.next.append(&mut new);
        Ok(())
    }

    /// By partition, the offset of the first message since `time_ms`. A partition without one, or
    /// a broker that can't tell, has none.
    ///
    /// # Errors
    /// If the broker does not respond.
    pub(crate) fn offsets_since(&self, time_ms: i64) -> anyhow::Result<BTreeMap<i32, i64>> {
        let mut times = TopicPartitionList::new();
        for partition in self.finder.existing()? {
            times.add_partition_offset(&self.topic, partition, Offset::Offset(time_ms))?;
        }
        if times.count() == 0 {
            return Ok(BTreeMap::new());
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
            let end = watermarks(client, &self.topic, *partition, self.timeout)
                .with_context(|| not_responding(&self.topic, [partition]))?
                .end;
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
                bail!(not_responding(&self.topic, missing.keys()));
            }
        }
        Ok(())
    }

    /// Applies at most `max` of the messages that have arrived, waiting up to `timeout` for the
    /// first.
    pub(crate) fn poll(
        &mut self,
        timeout: Duration,
        max: usize,
        mut apply: impl FnMut(&BorrowedMessage<'_>),
    ) {
        self.assign_found();
        let mut wait = timeout;
        for _ in 0..max {
            let Some(polled) = self.consumer.poll(wait) else { return };
            wait = Duration::ZERO;
            match polled {
                Ok(message) => {
                    self.next.insert(message.partition(), message.offset() + 1);
                    apply(&message);
                }
                Err(KafkaError::PartitionEOF(_)) => {}
                Err(error) => {
                    tracing::debug!(%error, "poll failed, librdkafka retries");
                    return;
                }
            }
        }
    }

    /// The next offset of each partition.
    pub(crate) const fn positions(&self) -> &BTreeMap<i32, i64> {
        &self.next
    }
}

/// The reason why a topic could not be read, for an operator.
pub(super) fn not_responding<'a>(
    topic: &str,
    partitions: impl IntoIterator<Item = &'a i32>,
) -> String {
    let partitions: Vec<_> = partitions.into_iter().collect();
    format!("partitions {partitions:?} of {topic} do not respond")
}
