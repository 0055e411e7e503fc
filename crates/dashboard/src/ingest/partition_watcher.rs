//! The thread that looks after the partitions: which there are, where to begin, and whether the
//! broker is there.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{
    clock::now_ms,
    kafka::{is_unknown_topic, partitions},
    readiness::Readiness,
};

use crate::live::KAFKA;

/// How often is looked, while all is well.
const WELL: Duration = Duration::from_secs(2);

/// How often is looked, while something is missing.
const MISSING: Duration = Duration::from_millis(500);

/// The partitions that are read.
pub(super) struct Partitions {
    consumer: Arc<BaseConsumer>,
    topic: String,
    lookback_ms: i64,
    timeout: Duration,
    assigned: BTreeSet<i32>,
    /// The topic was seen, or seen missing: whatever is new since then is read from its start.
    known: bool,
}

impl Partitions {
    pub(super) const fn new(
        consumer: Arc<BaseConsumer>,
        topic: String,
        lookback_ms: i64,
        timeout: Duration,
    ) -> Self {
        Self { consumer, topic, lookback_ms, timeout, assigned: BTreeSet::new(), known: false }
    }

    /// Looks until the stop, and keeps condition `kafka` true to what it sees.
    pub(super) fn look_after(
        mut self,
        readiness: &Readiness,
        runtime: &Handle,
        shutdown: &CancellationToken,
    ) {
        let mut well: Option<bool> = None;
        while !shutdown.is_cancelled() {
            let seen = self.look();
            if well.replace(seen.is_ok()) != Some(seen.is_ok()) {
                match &seen {
                    Ok(()) => tracing::info!(
                        kafka.topic = self.topic,
                        kafka.partitions = self.assigned.len(),
                        "reading"
                    ),
                    Err(reason) => tracing::warn!(reason, "no readings can arrive"),
                }
            }
            let pause = if seen.is_ok() { WELL } else { MISSING };
            match seen {
                Ok(()) => readiness.met(KAFKA),
                Err(reason) => readiness.missing(KAFKA, reason),
            }
            runtime.block_on(async {
                // Either way it goes on: the loop looks at the token.
                let _passed = tokio::time::timeout(pause, shutdown.cancelled()).await;
            });
        }
    }

    /// Looks once; the error says what is missing.
    fn look(&mut self) -> Result<(), String> {
        let found = match partitions(self.consumer.client(), &self.topic, self.timeout) {
            Ok(found) => BTreeSet::from_iter(found),
            Err(error) if is_unknown_topic(&error) => {
                self.known = true;
                self.assigned.clear();
                self.consumer.unassign().map_err(|error| error.to_string())?;
                return Err(format!("no topic {}", self.topic));
            }
            Err(error) => return Err(format!("the broker does not answer: {error}")),
        };
        let new: Vec<i32> = found.difference(&self.assigned).copied().collect();
        if !new.is_empty() {
            self.assign(&new).map_err(|error| format!("can't start reading: {error}"))?;
            self.assigned.extend(new);
        }
        self.known = true;
        Ok(())
    }

    fn assign(&self, new: &[i32]) -> Result<(), KafkaError> {
        let from = if self.known { self.whole(new)? } else { self.recent(new)? };
        self.consumer.incremental_assign(&from)
    }

    fn whole(&self, new: &[i32]) -> Result<TopicPartitionList, KafkaError> {
        self.list(new.iter().map(|partition| (*partition, Offset::Beginning)))
    }

    /// From the first message that is not older than the look back; where there is none, from
    /// the end as it was before that was asked, so that nothing falls in between.
    fn recent(&self, new: &[i32]) -> Result<TopicPartitionList, KafkaError> {
        let ends = new.iter().map(|partition| {
            let watermarks =
                self.consumer.fetch_watermarks(&self.topic, *partition, self.timeout)?;
            Ok((*partition, Offset::Offset(watermarks.1)))
        });
        let from = self.list(ends.collect::<Result<Vec<_>, KafkaError>>()?)?;
        let since = Offset::Offset(now_ms().saturating_sub(self.lookback_ms));
        let times = self.list(new.iter().map(|partition| (*partition, since)))?;
        for found in self.consumer.offsets_for_times(times, self.timeout)?.elements() {
            found.error()?;
            if let Offset::Offset(offset) = found.offset()
                && let Some(mut wanted) = from.find_partition(&self.topic, found.partition())
            {
                wanted.set_offset(Offset::Offset(offset))?;
            }
        }
        Ok(from)
    }

    fn list(
        &self,
        partitions: impl IntoIterator<Item = (i32, Offset)>,
    ) -> Result<TopicPartitionList, KafkaError> {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in partitions {
            list.add_partition_offset(&self.topic, partition, offset)?;
        }
        Ok(list)
    }
}
