//! The state of newly assigned partitions: committed offsets, published states, published alerts.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use anyhow::ensure;
use rdkafka::Message as _;
use serde::Deserialize;
use vitals_core::{
    domain::watch::{self, StatusMessage},
    runtime::{clock::now_ms, config::Settings},
};

use super::{
    committed::{Checkpoint, Origin},
    home::heir,
    orphans::OrphanSearch,
    partition::PartitionWatch,
    partition_settings::PartitionSettings,
    positions::{Positions, committed},
    standing::{Committed, Standing, new_id},
    status_log::StatusLog,
    takeover::Takeover,
    topic_reader::TopicReader,
};

/// Restored partitions, and the ends of the topics that they were restored from.
pub(super) struct Restored {
    pub(super) partitions: Vec<PartitionWatch>,
    pub(super) statuses: StatusLog,
    pub(super) alert_ends: BTreeMap<i32, i64>,
    /// The partitions that are left out, each with the reason.
    pub(super) left_out: Vec<String>,
}

/// The published states of a partition.
#[derive(Debug, Default)]
pub(super) struct States {
    pub(super) live: Vec<StatusMessage>,
    /// Those among them that include fewer readings than were committed.
    pub(super) stale: BTreeSet<String>,
    /// Of a log that no longer exists.
    pub(super) ghosts: Vec<StatusMessage>,
}

/// The part of a published alert that identifies it.
#[derive(Debug, Deserialize)]
struct Published {
    id: String,
}

/// Restores the partitions `ids` of the readings. One whose leader does not respond is left out.
///
/// # Errors
/// If the broker does not respond, or the leader of no partition does.
pub(super) fn restore(settings: &Settings, ids: &BTreeSet<i32>) -> anyhow::Result<Restored> {
    let Positions { committed: mut found, left_out, existing } = committed(settings, ids)?;
    // Without a partition, the states and the alerts would be read in vain.
    ensure!(!found.is_empty(), "{}", left_out.join("; "));
    let (statuses, states) = StatusLog::read(settings, &existing)?;
    let mut orphans = OrphanSearch::new(&states);
    let mut states = by_partition(&mut found, states, &existing);
    let (published, alert_ends) = published(settings, &found, &mut orphans)?;
    let (published, orphans) = (Arc::new(published), orphans.found());
    let partition_settings = PartitionSettings::new(settings);
    let partitions = found.into_iter().map(|(id, committed)| {
        let states = states.remove(&id).unwrap_or_default();
        let alerts = committed.checkpoint.map(|it| it.alerts).unwrap_or_default();
        let takeover = Takeover::new(alerts, committed.range.end, now_ms());
        let origin = Origin { log: committed.log, owner: new_id() };
        let start = (committed.position, takeover);
        let settings = partition_settings.clone();
        let published = Arc::clone(&published);
        let mut partition = PartitionWatch::restore(id, settings, origin, start, states, published);
        partition.orphans.clone_from(&orphans);
        partition
    });
    Ok(Restored { partitions: partitions.collect(), statuses, alert_ends, left_out })
}

/// The states by partition. A partition with a stale state is read again from there. A state of a
/// partition that no longer exists is a ghost of its heir.
fn by_partition(
    found: &mut BTreeMap<i32, Committed>,
    states: Vec<StatusMessage>,
    existing: &BTreeSet<i32>,
) -> BTreeMap<i32, States> {
    let mut sorted: BTreeMap<i32, States> = BTreeMap::new();
    for state in states {
        let Some(id) = heir(existing, state.partition) else { continue };
        let Some(committed) = found.get_mut(&id) else { continue };
        let of_partition = sorted.entry(id).or_default();
        let is_gone = id != state.partition;
        let standing = if is_gone { Standing::Ghost } else { committed.standing(&state) };
        match standing {
            Standing::Ghost => of_partition.ghosts.push(state),
            Standing::Live => of_partition.live.push(state),
            Standing::Stale => {
                committed.replay_after(&state);
                of_partition.stale.insert(state.status.patient_id.clone());
                of_partition.live.push(state);
            }
        }
    }
    sorted
}

/// The ids of the alerts that may follow from readings behind the committed offsets, and the ends
/// of their topic. The alerts are added to `orphans`.
fn published(
    settings: &Settings,
    committed: &BTreeMap<i32, Committed>,
    orphans: &mut OrphanSearch,
) -> anyhow::Result<(HashSet<String>, BTreeMap<i32, i64>)> {
    let mut reader = TopicReader::new(settings, &settings.kafka.topics.alerts)?;
    reader.assign_new(&common_start(committed.values()))?;
    let mut published = HashSet::new();
    reader.read_to_end(|message| {
        let value = message.payload().unwrap_or_default();
        if let Ok(Published { id }) = serde_json::from_slice(value) {
            published.insert(id);
        }
        if let Ok(event) = watch::decode(value) {
            orphans.note(event);
        }
    })?;
    Ok((published, reader.positions().clone()))
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
