//! The commit plan: the part of a batch that a commit may store, given the table's positions.
//!
//! The table's position is the only truth, and a commit may only continue exactly there. The plan
//! leaves out offsets that another instance, or an earlier commit whose response was lost, has
//! already covered. It also leaves out partitions where the commit would leave a hole, and rewinds
//! them.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{Array as _, Int32Array, Int64Array, RecordBatch},
    compute::filter_record_batch,
    error::ArrowError,
};
use vitals_core::domain::offset_range::OffsetRange;
use vitals_lake::{position::Positions, schema::COVERS_TO};

use crate::archive::{batch::CoveredRange, epochs::Epochs};

/// The column that a row's offset is in.
const OFFSET: &str = "kafka_offset";

/// The plan for one batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The offsets to commit by partition: from the table's position to the new one.
    pub(crate) keep: BTreeMap<i32, OffsetRange>,
    /// Partitions to read again from the table's position.
    pub(crate) rewind: Vec<i32>,
    /// Partitions whose commit would leave a hole.
    pub(crate) holes: Vec<i32>,
    /// Every row is kept.
    pub(crate) whole: bool,
}

/// Plans the commit of the `ranges` that a batch covers, given the table's `positions`.
///
/// Rows of a partition that was revoked or rewound are dropped: its owner reads them. Rows from
/// the spool may be committed all the same as long as they continue the table; the owner trims
/// them from its own batch, and of two concurrent commits Delta refuses one.
pub(crate) fn plan(
    ranges: &BTreeMap<i32, CoveredRange>,
    spooled: bool,
    positions: &Positions,
    epochs: &Epochs,
) -> Plan {
    let mut plan = Plan { whole: true, ..Plan::default() };
    for (&partition, &CoveredRange { epoch, offsets }) in ranges {
        let is_current = epochs.is_current(partition, epoch);
        // The table has had a position since before the first row was read. If it has none, this
        // is another table.
        let position = positions.get(&partition).copied();
        match position {
            // Fenced off: a batch of an earlier epoch.
            _ if !is_current && !spooled => plan.whole = false,
            // All offsets are archived already.
            Some(position) if position >= offsets.end => plan.whole = false,
            // The batch continues the table, or overlaps it.
            Some(position) if position >= offsets.start => {
                plan.whole &= position == offsets.start;
                plan.keep.insert(partition, OffsetRange { start: position, end: offsets.end });
            }
            // The batch would leave a hole.
            _ => {
                plan.whole = false;
                plan.holes.push(partition);
                if is_current {
                    plan.rewind.push(partition);
                }
            }
        }
    }
    plan
}

impl Plan {
    /// The new position of every partition that is committed.
    pub(crate) fn next(&self) -> Positions {
        self.keep.iter().map(|(partition, offsets)| (*partition, offsets.end)).collect()
    }

    /// Returns true if the plan keeps the message at `offset` of `partition`.
    pub(crate) fn keeps(&self, partition: i32, offset: i64) -> bool {
        self.keep.get(&partition).is_some_and(|offsets| offsets.contains(offset))
    }

    /// The rows of `batch` that are kept.
    ///
    /// # Errors
    /// When the batch lacks the table's columns, which would be a bug.
    pub(crate) fn filter(&self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        // The usual case: the batch continues the table exactly, and nothing has to be copied.
        if self.whole {
            return Ok(batch.clone());
        }
        let partitions: &Int32Array = column(batch, "kafka_partition")?;
        let offsets: &Int64Array = column(batch, OFFSET)?;
        let covers_to: &Int64Array = column(batch, COVERS_TO)?;
        let rows = partitions.values().iter().zip(offsets.values()).zip(covers_to);
        let kept: Int64Array = rows
            .map(|((partition, offset), covers_to)| {
                self.kept_offset(*partition, *offset, covers_to)
            })
            .collect();
        // A null marks a row that is left out.
        let mask = arrow::compute::is_not_null(&kept)?;
        filter_record_batch(&with_offsets(batch, offsets, &kept)?, &mask)
    }

    /// The offset of a row in the commit; `None` for a row that is left out. A row that stands for
    /// several offsets may have only its end kept, and then starts at the position.
    fn kept_offset(&self, partition: i32, offset: i64, covers_to: Option<i64>) -> Option<i64> {
        let kept = self.keep.get(&partition)?;
        let last = covers_to.map_or(offset, |end| end - 1);
        kept.contains(last).then_some(offset.max(kept.start))
    }
}

/// The rows with the offsets of `kept`, where it has one.
fn with_offsets(
    batch: &RecordBatch,
    offsets: &Int64Array,
    kept: &Int64Array,
) -> Result<RecordBatch, ArrowError> {
    let moved = offsets.values().iter().zip(kept).map(|(offset, kept)| kept.unwrap_or(*offset));
    let moved: Int64Array = moved.map(Some).collect();
    let mut columns = batch.columns().to_vec();
    let index = batch.schema().index_of(OFFSET)?;
    if let Some(column) = columns.get_mut(index) {
        *column = Arc::new(moved);
    }
    RecordBatch::try_new(batch.schema(), columns)
}

fn column<'a, T: 'static>(batch: &'a RecordBatch, name: &str) -> Result<&'a T, ArrowError> {
    batch
        .column_by_name(name)
        .and_then(|column| column.as_any().downcast_ref())
        .ok_or_else(|| ArrowError::SchemaError(format!("no column {name}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vitals_core::domain::log_id::LogId;

    use super::*;

    /// The current epoch of partition 0 in [`plan_one`].
    const CURRENT: u64 = 1;

    fn range(epoch: u64, start: i64, end: i64) -> CoveredRange {
        CoveredRange { epoch, offsets: OffsetRange { start, end } }
    }

    /// The plan for one range of partition 0.
    fn plan_one(range: CoveredRange, spooled: bool, position: Option<i64>) -> Plan {
        let epochs = Epochs::default();
        assert_eq!(epochs.begin(0, LogId::default()), CURRENT);
        let positions = position.map(|position| (0, position)).into_iter().collect();
        plan(&BTreeMap::from([(0, range)]), spooled, &positions, &epochs)
    }

    fn kept(start: i64) -> Plan {
        Plan {
            keep: BTreeMap::from([(0, OffsetRange { start, end: 200 })]),
            whole: start == 100,
            ..Plan::default()
        }
    }

    #[test]
    fn a_commit_continues_exactly_at_the_position() {
        let current = range(CURRENT, 100, 200);
        let stale = range(7, 100, 200);
        let dropped = Plan::default();
        let hole = Plan { rewind: vec![0], holes: vec![0], ..Plan::default() };
        let revoked_hole = Plan { holes: vec![0], ..Plan::default() };
        let cases = [
            ("another table", current, false, None, hole.clone()),
            ("continues", current, false, Some(100), kept(100)),
            ("overlap is trimmed", current, false, Some(150), kept(150)),
            ("already covered", current, false, Some(200), dropped.clone()),
            ("far behind the table", current, false, Some(900), dropped.clone()),
            ("would leave a hole", current, false, Some(99), hole.clone()),
            ("stale epoch", stale, false, Some(100), dropped.clone()),
            ("spooled, continues", stale, true, Some(100), kept(100)),
            ("spooled, overlaps", stale, true, Some(199), kept(199)),
            ("spooled, covered meanwhile", stale, true, Some(200), dropped),
            ("spooled, hole, assigned", current, true, Some(99), hole),
            ("spooled, hole, revoked", stale, true, Some(99), revoked_hole),
        ];
        for (name, range, spooled, position, expected) in cases {
            assert_eq!(plan_one(range, spooled, position), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn kept_offsets_start_at_the_position_and_end_with_the_batch(
            start in 0..1000_i64, rows in 1..1000_i64,
            position in proptest::option::of(0..2500_i64), spooled: bool,
        ) {
            let end = start + rows;
            let plan = plan_one(range(CURRENT, start, end), spooled, position);
            if let Some(kept) = plan.keep.get(&0) {
                prop_assert_eq!(Some(kept.start), position);
                prop_assert_eq!(kept.end, end);
                prop_assert!(kept.start < kept.end);
            }
        }
    }
}
