//! The state of newly assigned partitions: committed offsets, published states, published alerts.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use rdkafka::{Message as _, Offset, TopicPartitionList, consumer::Consumer as _};
use serde::Deserialize;
use vitals_core::{
    domain::watch::StatusMessage,
    runtime::{clock::now_ms, config::Settings, kafka},
};

use super::{
    client::Client,
    committed::Checkpoint,
    partition::PartitionWatch,
    partition_settings::{PartitionSettings, StartPosition},
    publisher::Publisher,
    takeover::Takeover,
    topic_reader::TopicReader,
};
use crate::metrics;

/// Restores the state of partitions.
pub(super) struct Restorer<'a> {
    pub(super) settings: &'a Settings,
    pub(super) topic: &'a str,
    pub(super) client: &'a Client,
    pub(super) publisher: &'a Publisher,
}

/// The committed offset of a partition.
struct Committed {
    position: StartPosition,
    /// Absent before the first commit, and if another program has committed.
    checkpoint: Option<Checkpoint>,
    /// The log has the committed offset, so the published states belong to it.
    is_known: bool,
    /// End of the readings.
    end: i64,
}

/// The part of a published alert that identifies it.
#[derive(Debug, Deserialize)]
struct Published {
    id: String,
}

impl Restorer<'_> {
    /// Restores the partitions `ids`.
    ///
    /// # Errors
    /// If the broker does not respond.
    pub(super) fn restore(&self, ids: &[i32]) -> anyhow::Result<Vec<(i32, PartitionWatch)>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let committed = self.committed(ids)?;
        let mut states = self.states()?;
        let published = Arc::new(self.published(&committed)?);
        let settings = PartitionSettings::new(self.settings);
        let restored = committed.into_iter().map(|(id, committed)| {
            let states = states.remove(&id).filter(|_| committed.is_known).unwrap_or_default();
            let settings = settings.clone();
            let published = Arc::clone(&published);
            let alerts = committed.checkpoint.map(|it| it.alerts).unwrap_or_default();
            let takeover = Takeover::new(alerts, committed.end, now_ms());
            let position = committed.position;
            (id, PartitionWatch::restore(id, settings, (position, takeover), states, published))
        });
        Ok(restored.collect())
    }

    fn committed(&self, ids: &[i32]) -> anyhow::Result<BTreeMap<i32, Committed>> {
        let timeout = self.timeout();
        let mut wanted = TopicPartitionList::new();
        for id in ids {
            wanted.add_partition(self.topic, *id);
        }
        let offsets = self
            .client
            .committed_offsets(wanted, timeout)
            .context("reading the committed offsets")?;
        let mut committed = BTreeMap::new();
        for element in offsets.elements() {
            element.error().context("reading the committed offsets")?;
            let id = element.partition();
            let log = kafka::watermarks(self.client.client(), self.topic, id, timeout)
                .context("reading the watermarks")?;
            let offset = match element.offset() {
                Offset::Offset(offset) if offset <= log.end => Some(offset),
                Offset::Offset(offset) => {
                    tracing::warn!(
                        kafka.partition = id,
                        committed.offset = offset,
                        high_watermark = log.end,
                        "the log was created again; watching it from its beginning"
                    );
                    None
                }
                // The first start judges everything that the topic has.
                _ => None,
            };
            let checkpoint = offset.and_then(|_| Checkpoint::parse(element.metadata()));
            let judge_from = offset.unwrap_or(log.start).max(log.start);
            let read_from = checkpoint.as_ref().map_or(judge_from, |it| it.replay_from);
            let read_from = read_from.clamp(log.start, judge_from);
            let position = StartPosition { read_from, judge_from };
            committed.insert(
                id,
                Committed { position, checkpoint, is_known: offset.is_some(), end: log.end },
            );
        }
        Ok(committed)
    }

    /// The newest state of every patient, by partition of the readings.
    fn states(&self) -> anyhow::Result<HashMap<i32, Vec<StatusMessage>>> {
        let topic = &self.settings.kafka.topics.patient_status;
        let mut reader = TopicReader::new(self.settings, topic)?;
        reader.assign_new(&BTreeMap::new())?;
        // The values are parsed once all were read: most of them are outdated.
        let mut newest: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
        reader.read_to_end(|message| {
            let Some(key) = message.key() else { return };
            match message.payload() {
                Some(value) => newest.insert(key.to_vec(), value.to_vec()),
                None => newest.remove(key),
            };
        })?;
        let mut states: HashMap<i32, Vec<StatusMessage>> = HashMap::new();
        for value in newest.values() {
            match serde_json::from_slice::<StatusMessage>(value) {
                Ok(state) => states.entry(state.partition).or_default().push(state),
                // Of another release: the patient starts anew with the next reading.
                Err(error) => {
                    tracing::debug!(%error, "a patient's state could not be read");
                    metrics::count_watch_rejected(topic);
                }
            }
        }
        Ok(states)
    }

    /// The ids of the alerts that may follow from readings behind the committed offsets.
    fn published(&self, committed: &BTreeMap<i32, Committed>) -> anyhow::Result<HashSet<String>> {
        let mut reader = TopicReader::new(self.settings, &self.settings.kafka.topics.alerts)?;
        reader.assign_new(&common_start(committed.values()))?;
        let mut published = HashSet::new();
        reader.read_to_end(|message| {
            let value = message.payload().unwrap_or_default();
            if let Ok(Published { id }) = serde_json::from_slice(value) {
                published.insert(id);
            }
        })?;
        for (partition, end) in reader.positions() {
            self.publisher.note_alert_end(*partition, *end);
        }
        Ok(published)
    }

    fn timeout(&self) -> Duration {
        Duration::from_millis(self.settings.kafka.request_timeout_ms.into())
    }
}

/// The first offsets of `alerts` that any of the partitions needs. A partition without a
/// checkpoint needs all.
fn common_start<'a>(committed: impl Iterator<Item = &'a Committed>) -> BTreeMap<i32, i64> {
    let mut start: Option<BTreeMap<i32, i64>> = None;
    for committed in committed {
        let Some(Checkpoint { alerts, .. }) = &committed.checkpoint else {
            return BTreeMap::new();
        };
        start = Some(match start {
            None => alerts.clone(),
            Some(start) => {
                let common = start.into_iter().filter_map(|(partition, offset)| {
                    Some((partition, offset.min(*alerts.get(&partition)?)))
                });
                common.collect()
            }
        });
    }
    start.unwrap_or_default()
}
