//! Verification of the second topic: every access is a row, or was deleted before it was archived.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use super::activity_log::{Written, event_id};
use super::log_audit::{self, log_index};
use crate::independent;

/// Reason of a row that stands for offsets that Kafka deleted before they were archived.
const LOST: &str = "lost";

/// A row of the table, as an independent reader returns it.
#[derive(Debug, Deserialize)]
struct Row {
    /// The cluster; `CLUSTER#N` for the Nth log of the topic.
    kafka_cluster: String,
    kafka_offset: i64,
    /// Present in a row that stands for offsets without a message: the end of the range.
    covers_to: Option<i64>,
    reject_reason: Option<String>,
    event_id: Option<String>,
}

impl Row {
    /// The index of its log among those of the topic.
    fn log(&self) -> Option<usize> {
        log_index(&self.kafka_cluster)
    }
}

/// Counts of messages; of damaged logs, only the first four may be above 0.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ActivityCounts {
    /// Accesses with their row.
    pub(super) stored: usize,
    /// Accesses that Kafka deleted before they were archived, as recorded in the table, or before the
    /// archive began.
    pub(super) lost: usize,
    /// Accesses that were deleted with their topic before they were archived.
    pub(super) gone: usize,
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
    /// `written` to each log of the topic, oldest first. `audit` is the lake's own audit of the table.
    ///
    /// # Errors
    /// Returns an error if the table can't be read.
    pub(super) fn of_table(table: &Path, written: &[Written], audit: &Value) -> Result<Self> {
        let rows = independent::run("read_table.py", &[&table.display().to_string()])?;
        let rows: Vec<Row> = serde_json::from_value(rows).context("the rows of the table")?;
        let mut counts = Self::default();
        let is_foreign = |row: &&Row| row.log().is_none_or(|log| log >= written.len());
        counts.unknown += rows.iter().filter(is_foreign).count();
        for (log, of_log) in written.iter().enumerate() {
            let rows: Vec<&Row> = rows.iter().filter(|row| row.log() == Some(log)).collect();
            let mut archived = log_audit::archived(audit, log).unwrap_or_default();
            // The whole of the present log must be archived.
            if log + 1 == written.len() {
                archived.end = i64::MAX;
            }
            counts.add(&rows, of_log, &archived);
        }
        Ok(counts)
    }

    /// Adds the counts of a log. Its messages from the end of `archived` on are gone with it.
    fn add(&mut self, rows: &[&Row], written: &Written, archived: &Range<i64>) {
        self.unacknowledged += written.unacknowledged;
        let mut stored = BTreeMap::new();
        let mut lost = Vec::new();
        for row in rows {
            match row.covers_to {
                Some(end) if row.reject_reason.as_deref() == Some(LOST) => {
                    lost.push(row.kafka_offset..end);
                }
                Some(end) => self.without_message += end - row.kafka_offset,
                None => {
                    if !written.numbers.contains_key(&row.kafka_offset) {
                        self.unknown += 1;
                    }
                    if stored.insert(row.kafka_offset, &row.event_id).is_some() {
                        self.duplicated += 1;
                    }
                }
            }
        }
        for (offset, number) in &written.numbers {
            let is_lost =
                *offset < archived.start || lost.iter().any(|range| range.contains(offset));
            match stored.get(offset) {
                Some(_) if is_lost => self.duplicated += 1,
                Some(id) if id.as_deref() == Some(&event_id(*number)) => self.stored += 1,
                Some(_) => self.different += 1,
                // Only what was deleted can be lost.
                None if is_lost && *offset < written.deleted_to => self.lost += 1,
                None if *offset >= archived.end => self.gone += 1,
                None => self.missing += 1,
            }
        }
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

    fn counts(rows: Value) -> ActivityCounts {
        counts_of(rows, 0..i64::MAX)
    }

    fn counts_of(rows: Value, archived: Range<i64>) -> ActivityCounts {
        let rows: Vec<Row> = serde_json::from_value(rows).unwrap();
        let rows: Vec<&Row> = rows.iter().collect();
        let mut counts = ActivityCounts::default();
        counts.add(&rows, &written(), &archived);
        counts
    }

    fn stored(offset: i64, id: &str) -> Value {
        json!({"kafka_cluster": "c", "kafka_offset": offset, "event_id": id, "covers_to": null,
            "reject_reason": null})
    }

    fn gap(offset: i64, end: i64, reason: &str) -> Value {
        json!({"kafka_cluster": "c", "kafka_offset": offset, "event_id": null, "covers_to": end,
            "reject_reason": reason})
    }

    #[test]
    fn a_deleted_log_keeps_the_archived_part() {
        let counts = counts_of(json!([stored(0, "access-1")]), 0..5);
        assert_eq!((counts.stored, counts.missing, counts.gone), (1, 1, 2));
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
        let counts = counts_of(rows, 2..i64::MAX);
        assert_eq!((counts.stored, counts.lost, counts.missing), (2, 2, 0));
        let counts = counts_of(json!([stored(6, "access-4")]), 6..i64::MAX);
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
