//! The report of an audit.

use serde::Serialize;
use vitals_core::domain::offset_range::OffsetRange;
use vitals_lake::audit::{Audit, PartitionAudit};

use super::comparison::ComparedPartition;

/// Maximum ranges of one kind in a row of the printed table. The JSON has all.
const MAX_PRINTED_RANGES: usize = 3;

/// The report of an audit.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The audit of the lake.
    #[serde(flatten)]
    pub audit: Audit,
    /// The comparison with the broker, if it was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kafka: Option<Vec<ComparedPartition>>,
}

impl Report {
    /// Returns true if the audit has no finding. With `strict`, lost offsets are findings.
    #[must_use]
    pub fn is_clean(&self, strict: bool) -> bool {
        self.findings(strict).is_empty()
    }

    /// The findings, one sentence for each kind.
    pub(super) fn findings(&self, strict: bool) -> Vec<String> {
        let partitions = &self.audit.partitions;
        let unclean = partitions.iter().filter(|it| !it.is_clean()).count();
        let compared = self.kafka.iter().flatten();
        let different = compared.filter(|it| it.finding.is_some()).count();
        let lost =
            if strict { partitions.iter().filter(|it| !it.lost.is_empty()).count() } else { 0 };
        let findings = [
            (unclean, "are not clean"),
            (different, "differ from Kafka"),
            (lost, "lost offsets that were deleted or damaged in Kafka before they were archived"),
        ];
        findings
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, finding)| format!("{count} of {} partitions {finding}", partitions.len()))
            .collect()
    }

    /// The report as text tables.
    pub(super) fn text(&self) -> String {
        let mut text = lake_table(&self.audit);
        if let Some(compared) = &self.kafka {
            text += &kafka_table(compared);
        }
        text
    }
}

fn lake_table(audit: &Audit) -> String {
    let mut text = format!(
        "{:<24} {:>9} {:>12} {:>12} {:>12} {:>9} {:>10} {:>16}  findings\n",
        "log", "partition", "first", "position", "stored", "rejected", "duplicates", "checksum"
    );
    for partition in &audit.partitions {
        let position = partition.position.map_or_else(|| "-".to_owned(), |next| next.to_string());
        text += &format!(
            "{:<24} {:>9} {:>12} {position:>12} {:>12} {:>9} {:>10} {:016x}  {}\n",
            partition.log.as_str(),
            partition.partition,
            partition.first,
            partition.stored,
            partition.rejected,
            partition.duplicates,
            partition.total.checksum,
            partition_findings(partition),
        );
    }
    text + &format!("table {}, version {}\n", audit.table, audit.version)
}

fn partition_findings(partition: &PartitionAudit) -> String {
    let mut findings = Vec::new();
    if partition.position.is_none() {
        findings.push("no position".to_owned());
    }
    if partition.stopped {
        findings.push("stopped".to_owned());
    }
    push_ranges(&mut findings, "gap", &partition.gaps);
    push_ranges(&mut findings, "overlap", &partition.overlaps);
    push_ranges(&mut findings, "past the position", partition.past_position.as_slice());
    push_ranges(&mut findings, "lost before archived", &partition.lost);
    push_ranges(&mut findings, "erased", &partition.erased);
    if findings.is_empty() { "none".to_owned() } else { findings.join(", ") }
}

fn push_ranges(findings: &mut Vec<String>, kind: &str, ranges: &[OffsetRange]) {
    for range in ranges.iter().take(MAX_PRINTED_RANGES) {
        findings.push(format!("{kind} {}..{}", range.start, range.end));
    }
    if ranges.len() > MAX_PRINTED_RANGES {
        findings.push(format!("and {} more", ranges.len() - MAX_PRINTED_RANGES));
    }
}

fn kafka_table(compared: &[ComparedPartition]) -> String {
    let mut text = format!(
        "\n{:>9} {:>14} {:>14} {:>12} {:>12} {:>16}  findings\n",
        "partition", "low watermark", "high watermark", "not archived", "compared", "checksum"
    );
    for ComparedPartition { partition, low, high, behind, again, finding } in compared {
        text += &format!(
            "{partition:>9} {low:>14} {high:>14} {behind:>12} {:>12} {:016x}  {}\n",
            again.messages,
            again.checksum,
            finding.as_deref().unwrap_or("none"),
        );
    }
    text
}
