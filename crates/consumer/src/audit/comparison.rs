//! The comparison of the lake with the broker: the messages that Kafka still has are decoded again
//! as the archive does it, and must give the same rows.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;
use deltalake::DeltaTable;
use serde::Serialize;
use vitals_core::{
    domain::{decode::DecodeOptions, log_id::LogId, offset_range::OffsetRange},
    runtime::config::Settings,
};
use vitals_lake::{
    audit::{Audit, PartitionAudit, Selected, Selections, Totals},
    position::{Archived, Transactions},
    table::Lake,
};

use super::{
    broker::Broker,
    recount::{Expected, Recount},
};
use crate::feed::Feed;

/// The comparison of one partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComparedPartition {
    /// The partition.
    pub partition: i32,
    /// The low watermark: the first offset that Kafka still has.
    pub low: i64,
    /// The high watermark: the offset after the last.
    pub high: i64,
    /// The number of offsets that are not archived yet.
    pub behind: i64,
    /// The totals of the messages that both have, decoded again.
    pub again: Totals,
    /// The difference. A finding.
    pub finding: Option<String>,
}

/// Compares a table with its topic.
pub(super) struct Comparison {
    broker: Broker,
    feed: Feed,
    options: DecodeOptions,
    watermarks: BTreeMap<i32, OffsetRange>,
    /// The first offset that is compared: Kafka's low watermark, or a later one from which the table
    /// keeps rows.
    starts: BTreeMap<i32, i64>,
    /// The current log of each archived partition. A log that was accepted as a new one has an
    /// identity of its own.
    logs: BTreeMap<i32, LogId>,
    /// The offsets that a compacted topic still has up to the positions; empty for any other.
    kept: BTreeMap<i32, BTreeSet<i64>>,
}

impl Comparison {
    /// Fetches the watermarks from the broker and the logs' identities from the table.
    ///
    /// # Errors
    /// When the broker or the table's log can't be read in time.
    pub(super) async fn new(
        settings: &Settings,
        feed: Feed,
        lake: &Lake,
        table: &DeltaTable,
    ) -> anyhow::Result<Self> {
        let broker = Broker::new(settings, feed)?;
        let watermarks = broker.watermarks()?;
        let partitions: Vec<i32> = watermarks.keys().copied().collect();
        let transactions = Transactions::read(lake, table).await?;
        let mut logs = BTreeMap::new();
        let mut ends = BTreeMap::new();
        let mut starts: BTreeMap<i32, i64> =
            watermarks.iter().map(|(partition, range)| (*partition, range.start)).collect();
        for partition in partitions {
            let archived = broker.source().archived(&transactions, partition);
            if let Archived::At(archived) = archived {
                let log = broker.source().log(archived.generation);
                let begin = log.begin(&transactions, partition);
                // Kafka and the lake are compared where both have messages: not below the low
                // watermark, and not before the begin of the archived log.
                starts.entry(partition).and_modify(|low| *low = begin.unwrap_or(*low).max(*low));
                logs.insert(partition, archived.log);
                ends.insert(partition, archived.position);
            }
        }
        let options = settings.consumer.decode_options();
        let kept = BTreeMap::new();
        let mut comparison = Self { broker, feed, options, watermarks, starts, logs, kept };
        // Compaction deletes messages anywhere in a log, so the offsets that remain have to be
        // read.
        if feed.is_compacted() {
            comparison.kept = comparison.kept_offsets(&ends)?;
        }
        Ok(comparison)
    }

    /// The offsets below `ends` at which Kafka still has messages.
    fn kept_offsets(
        &self,
        ends: &BTreeMap<i32, i64>,
    ) -> anyhow::Result<BTreeMap<i32, BTreeSet<i64>>> {
        let mut recount = Recount::new(self.feed, self.options.clone());
        let mut starts = BTreeMap::new();
        for (partition, end) in ends {
            let (Some(log), Some(watermarks), Some(start)) = (
                self.logs.get(partition),
                self.watermarks.get(partition),
                self.starts.get(partition),
            ) else {
                continue;
            };
            // A log that was cut ends before the table's position, which is a finding of its own.
            let end = (*end).min(watermarks.end);
            if *start < end {
                starts.insert(*partition, *start);
                recount.expect(*partition, log.clone(), Expected { end, erased: Vec::new() });
            }
        }
        self.broker.read(&starts, &mut recount)?;
        Ok(recount.into_offsets())
    }

    /// The lake's rows that are compared: those that Kafka still has.
    pub(super) fn selections(&self) -> Selections {
        let mut selections = Selections::new();
        for (partition, log) in &self.logs {
            let Some(start) = self.starts.get(partition) else { continue };
            let selected = if self.feed.is_compacted() {
                Selected::At(self.kept.get(partition).cloned().unwrap_or_default())
            } else {
                Selected::From(*start)
            };
            selections.insert((log.clone(), *partition), selected);
        }
        selections
    }

    /// Reads the messages that both have, and compares them with the rows of `audit`.
    ///
    /// # Errors
    /// When the broker does not respond, or deletes messages meanwhile.
    pub(super) fn compare(&self, audit: &Audit) -> anyhow::Result<Vec<ComparedPartition>> {
        // The partitions of the current logs, not those of logs that were replaced.
        let current = audit
            .partitions
            .iter()
            .filter(|it| self.logs.get(&it.partition).is_some_and(|log| *log == it.log));
        let archived: BTreeMap<i32, &PartitionAudit> =
            current.map(|partition| (partition.partition, partition)).collect();

        // A message that retention deletes meanwhile would look like a difference.
        let mut recounted = self.recount(&archived)?;
        self.check_low_watermarks()?;

        let compared = self.watermarks.iter().map(|(id, watermarks)| {
            let again = recounted.remove(id).unwrap_or_default();
            compare_partition(*id, *watermarks, archived.get(id).copied(), again)
        });
        Ok(compared.collect())
    }

    /// The totals of the messages that both have: from the low watermark to the position.
    fn recount(
        &self,
        archived: &BTreeMap<i32, &PartitionAudit>,
    ) -> anyhow::Result<BTreeMap<i32, Totals>> {
        let mut recount = Recount::new(self.feed, self.options.clone());
        let mut starts = BTreeMap::new();
        for (partition, watermarks) in &self.watermarks {
            let Some(archived) = archived.get(partition) else { continue };
            // Rows that are missing at the front are a finding, so Kafka's messages are counted
            // from where the table's coverage starts, not from the first row.
            let start = self.starts.get(partition).copied().unwrap_or(watermarks.start);
            let end = archived.position.unwrap_or(watermarks.start).min(watermarks.end);
            if start < end {
                starts.insert(*partition, start);
                let expected = Expected { end, erased: archived.erased.clone() };
                recount.expect(*partition, archived.log.clone(), expected);
            }
        }
        self.broker.read(&starts, &mut recount)?;
        for (partition, kept) in &self.kept {
            if recount.offsets(*partition) != Some(kept) {
                bail!("Kafka compacted partition {partition} meanwhile; run it again");
            }
        }
        recount.finish()
    }

    /// Fails if retention deleted messages during the comparison.
    fn check_low_watermarks(&self) -> anyhow::Result<()> {
        let now = self.broker.watermarks()?;
        for (partition, watermarks) in &self.watermarks {
            if now.get(partition).is_none_or(|now| now.start != watermarks.start) {
                bail!("Kafka deleted messages of partition {partition} meanwhile; run it again");
            }
        }
        Ok(())
    }
}

fn compare_partition(
    partition: i32,
    watermarks: OffsetRange,
    archived: Option<&PartitionAudit>,
    again: Totals,
) -> ComparedPartition {
    let OffsetRange { start: low, end: high } = watermarks;
    let position = archived.and_then(|archived| archived.position);
    ComparedPartition {
        partition,
        low,
        high,
        behind: (high - position.unwrap_or(low).max(low)).max(0),
        again,
        finding: archived.and_then(|archived| finding(archived, high, again)),
    }
}

fn finding(archived: &PartitionAudit, high: i64, again: Totals) -> Option<String> {
    let position = archived.position?;
    let lake = archived.selected;
    // The first difference explains the later ones, so only one is reported.
    if position > high {
        Some(format!("archived up to {position}, but the log ends at {high}"))
    } else if again.messages != lake.messages {
        Some(format!("Kafka has {} messages, the lake has {}", again.messages, lake.messages))
    } else if again.checksum != lake.checksum {
        Some("the messages decode to other rows than the lake has".to_owned())
    } else {
        None
    }
}
