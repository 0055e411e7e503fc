//! The committed offsets of partitions, compared with their logs.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    thread,
    time::Duration,
};

use anyhow::Context as _;
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
};
use vitals_core::{
    domain::offset_range::OffsetRange,
    runtime::{
        config::Settings,
        kafka::{QuietCallbacks, leaderless, partitions, reader_config, watch_config, watermarks},
    },
};
use vitals_lake::position::LastMessage;

use super::{committed::Checkpoint, standing::Committed};
use crate::archive::{Content, LogContent};

/// By partition, the offsets of its log, and the committed offset with its checkpoint.
type Found = BTreeMap<i32, (OffsetRange, Option<(i64, Option<Checkpoint>)>)>;

/// The positions of partitions.
pub(super) struct Positions {
    /// The committed offsets. A partition whose leader does not respond, or whose log can't be
    /// compared, is left out.
    pub(super) committed: BTreeMap<i32, Committed>,
    /// The partitions that are left out, each with the reason.
    pub(super) left_out: Vec<String>,
    /// Every partition of the topic.
    pub(super) existing: BTreeSet<i32>,
}

/// The positions of partitions `ids`.
///
/// # Errors
/// If the group's coordinator does not respond, or the client can't be created.
pub(super) fn committed(settings: &Settings, ids: &BTreeSet<i32>) -> anyhow::Result<Positions> {
    let topic = &settings.kafka.topics.vitals;
    let timeout = Duration::from_millis(settings.kafka.request_timeout_ms.into());
    // A client of its own, which joins no group: the watch polls the other one meanwhile.
    let client: BaseConsumer<QuietCallbacks> =
        watch_config(&settings.kafka, &settings.consumer, "consumer.watch")
            .create_with_context(QuietCallbacks)
            .context("settings: kafka")?;
    let mut wanted = TopicPartitionList::new();
    for id in ids {
        wanted.add_partition(topic, *id);
    }
    let offsets = client.committed_offsets(wanted, timeout);
    let offsets = offsets.context("reading the committed offsets")?;
    let existing = partitions(client.client(), topic, timeout);
    let existing = existing.context("reading the partitions of the readings")?;
    let (ranges, mut left_out) = ranges(&client, topic, ids, timeout);
    let mut found = Found::new();
    for element in offsets.elements() {
        element.error().context("reading the committed offsets")?;
        let id = element.partition();
        let Some(range) = ranges.get(&id).copied() else { continue };
        let offset = match element.offset() {
            Offset::Offset(offset) => Some((offset, Checkpoint::parse(element.metadata()))),
            _ => None,
        };
        found.insert(id, (range, offset));
    }
    let replaced = replaced(settings, timeout, &mut found, &mut left_out)?;
    let committed = found.into_iter().map(|(id, (range, offset))| {
        let known = offset.filter(|(offset, _)| *offset <= range.end && !replaced.contains(&id));
        (id, Committed::new(range, known))
    });
    let existing = existing.into_iter().collect();
    Ok(Positions { committed: committed.collect(), left_out, existing })
}

/// The offsets of the partitions' logs, and the partitions whose leaders do not respond.
fn ranges(
    client: &BaseConsumer<QuietCallbacks>,
    topic: &str,
    ids: &BTreeSet<i32>,
    timeout: Duration,
) -> (BTreeMap<i32, OffsetRange>, Vec<String>) {
    let leaderless = leaderless(client.client(), topic, timeout);
    // Side by side: one that does not respond delays no other by more than its own timeout.
    let responses: Vec<_> = thread::scope(|scope| {
        let requests: Vec<_> = ids
            .difference(&leaderless)
            .map(|id| scope.spawn(move || (*id, watermarks(client.client(), topic, *id, timeout))))
            .collect();
        requests.into_iter().filter_map(|request| request.join().ok()).collect()
    });
    let without = ids.intersection(&leaderless);
    let mut left_out: Vec<_> = without.map(|id| format!("partition {id} has no leader")).collect();
    let mut ranges = BTreeMap::new();
    for (id, response) in responses {
        match response {
            Ok(range) => {
                ranges.insert(id, range);
            }
            Err(error) => left_out.push(format!("partition {id} does not respond: {error}")),
        }
    }
    (ranges, left_out)
}

/// The partitions whose log is not the one of the checkpoint: its topic was created again, or it
/// ends before the committed offset. A partition that can't be compared moves from `found` to
/// `left_out`.
fn replaced(
    settings: &Settings,
    timeout: Duration,
    found: &mut Found,
    left_out: &mut Vec<String>,
) -> anyhow::Result<BTreeSet<i32>> {
    let mut replaced = BTreeSet::new();
    let mut expected: HashMap<i32, LastMessage> = HashMap::new();
    for (id, (range, offset)) in &*found {
        let Some((offset, checkpoint)) = offset else { continue };
        if *offset > range.end {
            replaced.insert(*id);
        }
        let last = checkpoint.as_ref().and_then(Checkpoint::last);
        // Retention may have deleted the message.
        expected.extend(last.filter(|last| range.contains(last.offset)).map(|last| (*id, last)));
    }
    for (id, content) in compared(settings, timeout, &expected)? {
        match content {
            Ok(Content::Same | Content::Missing) => {}
            Ok(Content::Other) => {
                replaced.insert(id);
            }
            Err(error) => {
                left_out.push(format!("the log of partition {id} can't be compared: {error:#}"));
                found.remove(&id);
            }
        }
    }
    for id in &replaced {
        tracing::warn!(
            kafka.partition = id,
            "the log was created again; watching it from its beginning"
        );
    }
    Ok(replaced)
}

/// The contents of the logs at the last judged messages.
fn compared(
    settings: &Settings,
    timeout: Duration,
    expected: &HashMap<i32, LastMessage>,
) -> anyhow::Result<HashMap<i32, anyhow::Result<Content>>> {
    if expected.is_empty() {
        return Ok(HashMap::new());
    }
    let config = reader_config(&settings.kafka, "consumer.watch");
    let content = LogContent::new(config, settings.kafka.topics.vitals.clone(), timeout);
    content.compare(expected).context("comparing the last judged messages")
}
