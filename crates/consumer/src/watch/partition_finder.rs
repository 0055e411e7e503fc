//! The partitions of a topic that a reader does not have yet.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        mpsc::{self, Receiver, TryRecvError},
    },
    thread,
    time::Duration,
};

use anyhow::{Context as _, bail};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use vitals_core::runtime::kafka::{
    QuietCallbacks, is_denied, is_unknown_topic, leaderless, partitions, watermarks,
};

use super::topic_reader::not_responding;

/// The offset from which each new partition is read.
type Starts = BTreeMap<i32, i64>;

/// Finds new partitions of a topic.
#[derive(Clone)]
pub(super) struct PartitionFinder {
    pub(super) consumer: Arc<BaseConsumer<QuietCallbacks>>,
    pub(super) topic: String,
    /// Upper bound on a request.
    pub(super) timeout: Duration,
}

/// A search on a thread of its own.
pub(super) struct Search(Receiver<anyhow::Result<Starts>>);

impl PartitionFinder {
    /// The partitions of the topic, none if it does not exist.
    ///
    /// # Errors
    /// If the broker does not respond, or denies the access.
    pub(super) fn existing(&self) -> anyhow::Result<Vec<i32>> {
        match partitions(self.consumer.client(), &self.topic, self.timeout) {
            Ok(found) => Ok(found),
            Err(error) if is_unknown_topic(&error) => Ok(Vec::new()),
            Err(error) if is_denied(&error) => bail!("access to topic {} is denied", self.topic),
            Err(error) => Err(error).context("the broker does not respond"),
        }
    }

    /// The partitions that are not `known`, each with its offset in `from`, else with its beginning.
    ///
    /// # Errors
    /// As [`existing`](Self::existing).
    pub(super) fn find_new(
        &self,
        known: &BTreeSet<i32>,
        from: &BTreeMap<i32, i64>,
    ) -> anyhow::Result<Starts> {
        let mut new = Starts::new();
        let found: BTreeSet<_> =
            self.existing()?.into_iter().filter(|id| !known.contains(id)).collect();
        if found.is_empty() {
            return Ok(new);
        }
        let leaderless = leaderless(self.consumer.client(), &self.topic, self.timeout);
        // The requests would take their whole timeout.
        if !found.is_disjoint(&leaderless) {
            bail!("partitions {:?} of {} have no leader", leaderless, self.topic);
        }
        for partition in found {
            let range = watermarks(self.consumer.client(), &self.topic, partition, self.timeout)
                .with_context(|| not_responding(&self.topic, [&partition]))?;
            // Out of range: the topic was created again, or retention has deleted the offset.
            let start = from.get(&partition).copied().unwrap_or(range.start);
            let start = if start > range.end { range.start } else { start.max(range.start) };
            new.insert(partition, start);
        }
        Ok(new)
    }

    /// Finds the partitions that are not `known`, from their beginning, beside the caller: the
    /// response may wait behind a fetch on the same connection, or for a broker.
    ///
    /// # Errors
    /// If no thread can be started.
    pub(super) fn start(&self, known: BTreeSet<i32>) -> anyhow::Result<Search> {
        let (sender, found) = mpsc::channel();
        let finder = self.clone();
        thread::Builder::new()
            .name("watch-partitions".to_owned())
            .spawn(move || {
                // A reader that has ended wants no outcome.
                drop(sender.send(finder.find_new(&known, &BTreeMap::new())));
            })
            .context("starting a thread")?;
        Ok(Search(found))
    }
}

impl Search {
    /// The outcome; `None` while it is under way.
    pub(super) fn outcome(&self) -> Option<anyhow::Result<Starts>> {
        match self.0.try_recv() {
            Ok(outcome) => Some(outcome),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                Some(Err(anyhow::anyhow!("the search for partitions panicked")))
            }
        }
    }
}
