//! What of a batch may be committed, given where the table stands.
//!
//! The table's position is the only truth: a commit may only continue exactly there. Whatever
//! another instance, or an earlier attempt whose answer was lost, has covered is left out;
//! whatever would leave a hole is left out too and read again.

use std::collections::BTreeMap;

use arrow::{
    array::{Array as _, BooleanArray, Int32Array, Int64Array, RecordBatch},
    compute::filter_record_batch,
    error::ArrowError,
};
use vitals_lake::position::Positions;

use crate::archive::{batch::model::Span, source::epochs::Epochs};

/// What to do with the batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Partitions to commit, with the first offset that is still missing and the new position.
    pub(crate) keep: BTreeMap<i32, (i64, i64)>,
    /// Partitions to read again from the table's position.
    pub(crate) rewind: Vec<i32>,
    /// Partitions that would leave a hole.
    pub(crate) holes: Vec<i32>,
    /// Whether every row is kept.
    pub(crate) whole: bool,
}

/// Compares what a batch covers with the table's `positions`.
///
/// Rows of a partition that is not ours any more are dropped: its owner reads them. From the
/// spool they may go in all the same as long as they continue the table; the owner trims what
/// he has, and when both commit at once one of them is refused.
pub(crate) fn plan(
    spans: &BTreeMap<i32, Span>,
    spooled: bool,
    positions: &Positions,
    epochs: &Epochs,
) -> Plan {
    let mut plan = Plan { whole: true, ..Plan::default() };
    for (&partition, span) in spans {
        let ours = epochs.holds(partition, span.epoch);
        // The table has had a position since before the first row was read; without one it is
        // another table.
        let next = positions.get(&partition).copied();
        match next {
            _ if !ours && !spooled => plan.whole = false,
            Some(next) if next >= span.end => plan.whole = false,
            Some(next) if next >= span.start => {
                plan.whole &= next == span.start;
                plan.keep.insert(partition, (next, span.end));
            }
            _ => {
                plan.whole = false;
                plan.holes.push(partition);
                plan.rewind.extend(ours.then_some(partition));
            }
        }
    }
    plan
}

impl Plan {
    /// The new position of every partition that is committed.
    pub(crate) fn next(&self) -> Positions {
        self.keep.iter().map(|(partition, (_, end))| (*partition, *end)).collect()
    }

    /// Whether the plan keeps the message at `offset` of `partition`.
    pub(crate) fn keeps(&self, partition: i32, offset: i64) -> bool {
        self.keep.get(&partition).is_some_and(|(start, end)| (*start..*end).contains(&offset))
    }

    /// The rows of `batch` that are kept.
    ///
    /// # Errors
    /// When the batch has not the table's columns, which would be a bug.
    pub(crate) fn filter(&self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        if self.whole {
            return Ok(batch.clone());
        }
        let partitions: &Int32Array = column(batch, "kafka_partition")?;
        let offsets: &Int64Array = column(batch, "kafka_offset")?;
        let mask: BooleanArray = partitions
            .values()
            .iter()
            .zip(offsets.values())
            .map(|(partition, offset)| Some(self.keeps(*partition, *offset)))
            .collect();
        filter_record_batch(batch, &mask)
    }
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

    use super::*;

    /// Epoch 1 is partition 0's current one.
    fn decide(span: Span, spooled: bool, next: Option<i64>) -> Plan {
        let epochs = Epochs::default();
        epochs.begin(0, String::new());
        let positions = next.map(|next| (0, next)).into_iter().collect();
        plan(&BTreeMap::from([(0, span)]), spooled, &positions, &epochs)
    }

    #[test]
    fn a_commit_continues_exactly_where_the_table_stands() {
        let span = Span { epoch: 1, start: 100, end: 200 };
        let kept = |start| Plan {
            keep: BTreeMap::from([(0, (start, 200))]),
            whole: start == 100,
            ..Plan::default()
        };
        let dropped = Plan::default();
        let hole = Plan { rewind: vec![0], holes: vec![0], ..Plan::default() };
        let others = Plan { holes: vec![0], ..Plan::default() };
        let stale = Span { epoch: 7, ..span };
        let cases = [
            ("another table", span, false, None, hole.clone()),
            ("continues", span, false, Some(100), kept(100)),
            ("overlap is trimmed", span, false, Some(150), kept(150)),
            ("already covered", span, false, Some(200), dropped.clone()),
            ("far behind the table", span, false, Some(900), dropped.clone()),
            ("would leave a hole", span, false, Some(99), hole.clone()),
            ("of another epoch", stale, false, Some(100), dropped.clone()),
            ("waited, continues", stale, true, Some(100), kept(100)),
            ("waited, overlaps", stale, true, Some(199), kept(199)),
            ("waited, covered meanwhile", stale, true, Some(200), dropped),
            ("waited, a hole, ours", span, true, Some(99), hole),
            ("waited, a hole, not ours", stale, true, Some(99), others),
        ];
        for (name, span, spooled, next, expected) in cases {
            assert_eq!(decide(span, spooled, next), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_kept_begins_at_the_position_and_ends_at_the_span(
            start in 0..1000_i64, rows in 1..1000_i64, next in proptest::option::of(0..2500_i64),
            spooled: bool,
        ) {
            let span = Span { epoch: 1, start, end: start + rows };
            let plan = decide(span, spooled, next);
            if let Some((from, end)) = plan.keep.get(&0) {
                prop_assert_eq!(Some(*from), next);
                prop_assert_eq!(*end, span.end);
                prop_assert!(from < end);
            }
        }
    }
}
