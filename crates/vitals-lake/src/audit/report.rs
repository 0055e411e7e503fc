//! What the lake itself says about its completeness: every offset once, up to the position.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use deltalake::DeltaTable;
use serde::{Serialize, Serializer};

use super::row_scan::{self, Tally};
use crate::{
    position::Source,
    schema::{NO_MESSAGE, Table},
    table::Lake,
};

/// Offsets from `from` up to, not including, `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Range {
    /// The first offset.
    pub from: i64,
    /// The offset after the last.
    pub to: i64,
}

/// A Kafka cluster's id and a partition.
pub type Key = (String, i32);

/// From which offset on the messages are counted once more, see [`Partition::above`].
pub type Floors = BTreeMap<Key, i64>;

/// Messages and their checksum, see [`checksum`](crate::checksum).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// How many.
    pub messages: i64,
    /// Sum of the row hashes modulo 2^64, in JSON as 16 hexadecimal digits.
    #[serde(serialize_with = "hexadecimal")]
    pub checksum: u64,
}

/// What the table says about one Kafka partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Partition {
    /// The Kafka cluster's id.
    pub cluster: String,
    /// The partition.
    pub partition: i32,
    /// The first offset that is covered.
    pub first: i64,
    /// The next offset according to the table's log; `None` is a finding.
    pub position: Option<i64>,
    /// Stored readings.
    pub stored: i64,
    /// Rejected messages.
    pub rejected: i64,
    /// All messages, stored or rejected, and their checksum.
    pub total: Sum,
    /// The messages from the floor on that was asked for.
    pub above: Sum,
    /// Rows whose offset is there already. Each is a finding.
    pub twice: u64,
    /// Offsets with more than one row.
    pub overlaps: Vec<Range>,
    /// Offsets without a row between the first and the position. Each is a finding.
    pub gaps: Vec<Range>,
    /// Offsets that are stored though the position is not past them. A finding.
    pub beyond: Option<Range>,
    /// Offsets that Kafka had deleted before they were archived. Covered, so no finding in the
    /// archive's own work, but readings are gone.
    pub lost: Vec<Range>,
    /// Offsets that never were a message, such as the marks of transactions.
    pub no_message: u64,
}

impl Partition {
    /// Whether every offset from the first to the position is there once.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.position.is_some() && self.twice == 0 && self.gaps.is_empty() && self.beyond.is_none()
    }
}

/// What one version of a table says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// The table's name.
    pub table: String,
    /// The table's version.
    pub version: u64,
    /// By cluster and partition.
    pub partitions: Vec<Partition>,
}

impl Audit {
    /// Whether every partition is clean.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.partitions.iter().all(Partition::is_clean)
    }
}

/// Audits what was archived from `topic` to `table`; `None` when it is not there yet.
///
/// # Errors
/// When the storage is away or the table can't be read.
pub async fn audit(lake: &Lake, table: &Table, topic: &str) -> anyhow::Result<Option<Audit>> {
    let Some(opened) = lake.open(table.name).await? else { return Ok(None) };
    of_table(lake, &opened, table, topic, &Floors::new()).await.map(Some)
}

/// Audits the loaded version of `table`, which is `description` and archives `topic`.
///
/// # Errors
/// When the storage is away or the table can't be read.
pub async fn of_table(
    lake: &Lake,
    table: &DeltaTable,
    description: &Table,
    topic: &str,
    floors: &Floors,
) -> anyhow::Result<Audit> {
    let version = table.version().context("the table is not loaded")?;
    let columns = description.arrow_schema();
    let mut found = row_scan::scan(lake, table, &columns, floors).await.context("audit")?;
    let mut partitions = Vec::new();
    let clusters: BTreeSet<String> = found.keys().map(|(cluster, _)| cluster.clone()).collect();
    for cluster in clusters {
        let tallies = found.extract_if(.., |key, _| key.0 == cluster);
        let tallies: BTreeMap<i32, Tally> = tallies.map(|((_, id), tally)| (id, tally)).collect();
        let source = Source { cluster, topic: topic.to_owned() };
        partitions.extend(of_source(lake, table, &source, tallies).await?);
    }
    Ok(Audit { table: description.name.to_owned(), version, partitions })
}

/// Looks for positions of partitions without a row as well, as far as ids are likely.
const IDS_BEYOND: i32 = 16;

async fn of_source(
    lake: &Lake,
    table: &DeltaTable,
    source: &Source,
    mut tallies: BTreeMap<i32, Tally>,
) -> anyhow::Result<Vec<Partition>> {
    let last = tallies.keys().next_back().copied().unwrap_or(-1);
    let ids: Vec<i32> = (0..=last.saturating_add(IDS_BEYOND)).collect();
    let positions = source.positions(lake, table, &ids).await?;
    for id in positions.keys() {
        tallies.entry(*id).or_default();
    }
    let judge = |(id, tally)| judge(source.cluster.clone(), id, positions.get(&id).copied(), tally);
    Ok(tallies.into_iter().map(judge).collect())
}

pub(super) fn judge(
    cluster: String,
    partition: i32,
    position: Option<i64>,
    tally: Tally,
) -> Partition {
    // Without a row, all offsets up to the position are missing; but a log that was accepted as a
    // new one begins with a position.
    let nothing = if cluster.contains('#') { position.unwrap_or(0) } else { 0 };
    let bounds = tally.cover.bounds().unwrap_or(Range { from: nothing, to: nothing });
    let end = position.unwrap_or(bounds.to);
    let beyond = Range { from: end.max(bounds.from), to: bounds.to };
    let (mut lost, mut no_message) = (Vec::new(), 0);
    for (reason, range) in tally.stand_ins {
        if reason == NO_MESSAGE {
            no_message += u64::try_from(range.to - range.from).unwrap_or_default();
        } else {
            lost.push(range);
        }
    }
    lost.sort_unstable();
    Partition {
        cluster,
        partition,
        first: bounds.from,
        position,
        stored: tally.stored,
        rejected: tally.rejected,
        total: Sum { messages: tally.stored + tally.rejected, checksum: tally.checksum },
        above: Sum { messages: tally.above.0, checksum: tally.above.1 },
        twice: tally.cover.repeats(),
        overlaps: tally.cover.overlaps(),
        gaps: tally.cover.gaps(bounds.from, end),
        beyond: (beyond.from < beyond.to).then_some(beyond),
        lost,
        no_message,
    }
}

fn hexadecimal<S: Serializer>(checksum: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{checksum:016x}"))
}
