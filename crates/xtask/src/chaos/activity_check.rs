//! Verification of the second topic: every access is a row, or was deleted before it was archived.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::activity_log::{Written, event_id};
use crate::independent;

/// Reason of a row that stands for offsets that Kafka deleted before they were archived.
const LOST: &str = "lost";

/// A row of the table, as an independent reader returns it.
#[derive(Debug, Deserialize)]
struct Row {
    kafka_offset: i64,
    /// Present in a row that stands for offsets without a message: the end of the range.
    covers_to: Option<i64>,
    reject_reason: Option<String>,
    event_id: Option<String>,
}

/// Counts of messages; of a damaged log, only the first three may be above 0.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ActivityCounts {
    /// Accesses with their row.
    pub(super) stored: usize,
    /// Accesses that Kafka deleted before they were archived, as recorded in the table, or before the
    /// archive began.
    pub(super) lost: usize,
    /// Offsets without a message: aborted, or a marker of a transaction.
    pub(super) without_message: i64,
    missing: usize,
    different: usize,
    duplicated: usize,
    unknown: usize,
    unacknowledged: usize,
}

impl ActivityCounts {
    /// Reads `table` with another implementation of Delta, and compares it with the accesses that were
    /// `written`. The archive began at offset `first`.
    ///
    /// # Errors
    /// Returns an error if the table can't be read.
    pub(super) fn of_table(table: &Path, written: &Written, first: i64) -> Result<Self> {
        let rows = independent::run("read_table.py", &[&table.display().to_string()])?;
        let rows: Vec<Row> = serde_json::from_value(rows).context("the rows of the table")?;
        Ok(Self::new(&rows, written, first))
    }

    fn new(rows: &[Row], written: &Written, first: i64) -> Self {
        let mut counts = Self { unacknowledged: written.unacknowledged, ..Self::default() };
        let mut stored = BTreeMap::new();
        let mut lost = Vec::new();
        for row in rows {
            match row.covers_to {
                Some(end) if row.reject_reason.as_deref() == Some(LOST) => {
                    lost.push(row.kafka_offset..end);
                }
                Some(end) => counts.without_message += end - row.kafka_offset,
                None => {
                    if !written.numbers.contains_key(&row.kafka_offset) {
                        counts.unknown += 1;
                    }
                    if stored.insert(row.kafka_offset, &row.event_id).is_some() {
                        counts.duplicated += 1;
                    }
                }
            }
        }
        for (offset, number) in &written.numbers {
            let is_lost = *offset < first || lost.iter().any(|range| range.contains(offset));
            match stored.get(offset) {
                Some(_) if is_lost => counts.duplicated += 1,
                Some(id) if id.as_deref() == Some(&event_id(*number)) => counts.stored += 1,
                Some(_) => counts.different += 1,
                // Only what was deleted can be lost.
                None if is_lost && *offset < written.deleted_to => counts.lost += 1,
                None => counts.missing += 1,
            }
        }
        counts
    }

    /// The differences from a complete table, one sentence for each kind.
    pub(super) fn findings(&self) -> Vec<String> {
        let kinds = [
            (self.missing, "are neither stored nor deleted"),
            (self.different, "are stored with another id"),
            (self.duplicated, "are stored twice, or stored and lost"),
            (self.unknown, "are stored and were never sent"),
            (self.unacknowledged, "were not acknowledged"),
        ];
        let found = kinds.iter().filter(|(count, _)| *count > 0);
        found.map(|(count, kind)| format!("{count} accesses {kind}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Accesses 1 to 4 at offsets 0, 1, 5 and 6; those before 2 may be deleted.
    fn written() -> Written {
        let numbers = BTreeMap::from([(0, 1), (1, 2), (5, 3), (6, 4)]);
        Written { numbers, deleted_to: 2, unacknowledged: 0 }
    }

    fn counts(rows: serde_json::Value) -> ActivityCounts {
        let rows: Vec<Row> = serde_json::from_value(rows).unwrap();
        ActivityCounts::new(&rows, &written(), 0)
    }

    fn stored(offset: i64, id: &str) -> serde_json::Value {
        json!({"kafka_offset": offset, "event_id": id, "covers_to": null, "reject_reason": null})
    }

    fn gap(offset: i64, end: i64, reason: &str) -> serde_json::Value {
        json!({"kafka_offset": offset, "event_id": null, "covers_to": end, "reject_reason": reason})
    }

    #[test]
    fn deleted_accesses_and_offsets_without_a_message_are_no_findings() {
        let counts = counts(json!([
            stored(0, "access-1"),
            gap(1, 2, "lost"),
            gap(2, 5, "no_message"),
            stored(5, "access-3"),
            stored(6, "access-4"),
        ]));
        let expected =
            ActivityCounts { stored: 3, lost: 1, without_message: 3, ..ActivityCounts::default() };
        assert_eq!(counts, expected);
        assert!(counts.findings().is_empty());
    }

    #[test]
    fn an_archive_may_begin_behind_what_was_deleted_only() {
        let rows = json!([stored(5, "access-3"), stored(6, "access-4")]);
        let rows: Vec<Row> = serde_json::from_value(rows).unwrap();
        let counts = ActivityCounts::new(&rows, &written(), 2);
        assert_eq!((counts.stored, counts.lost, counts.missing), (2, 2, 0));
        let counts = ActivityCounts::new(&rows[1..], &written(), 6);
        assert_eq!((counts.stored, counts.lost, counts.missing), (1, 2, 1));
    }

    #[test]
    fn a_loss_that_no_deletion_explains_is_a_finding() {
        let counts = counts(json!([gap(0, 6, "lost"), stored(6, "access-4")]));
        assert_eq!((counts.lost, counts.missing), (2, 1));
        assert_eq!(counts.findings(), ["1 accesses are neither stored nor deleted"]);
    }

    #[test]
    fn duplicated_different_and_unknown_rows_are_findings() {
        let counts = counts(json!([
            gap(0, 1, "lost"),
            stored(0, "access-1"),
            stored(1, "access-2"),
            stored(1, "access-2"),
            stored(3, "aborted"),
            stored(5, "access-4"),
            gap(6, 7, "no_message"),
        ]));
        let expected = ActivityCounts {
            stored: 1,
            without_message: 1,
            missing: 1,
            different: 1,
            duplicated: 2,
            unknown: 1,
            ..ActivityCounts::default()
        };
        assert_eq!(counts, expected);
        assert_eq!(counts.findings().len(), 4);
    }
}
