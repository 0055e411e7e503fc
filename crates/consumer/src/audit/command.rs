//! `consumer audit`: proves from the lake alone that every offset is there once, and if asked
//! against the broker that every value is what the message says.

use std::io::Write as _;

use anyhow::{Context as _, bail, ensure};
use serde::Serialize;
use vitals_core::{domain::offset_range::OffsetRange, runtime::config::Settings};
use vitals_lake::{
    audit::{Audit, PartitionAudit, audit_table},
    table::Lake,
};

use super::broker::{Broker, Compared};
use crate::feed::{Feed, TableOption};

/// What is asked on the command line.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Options {
    #[command(flatten)]
    table: TableOption,
    /// As JSON
    #[arg(long)]
    json: bool,
    /// Offsets that Kafka had deleted before they were archived are a finding as well
    #[arg(long)]
    strict: bool,
    /// Read again what Kafka still has, and compare every row with the message it came from
    #[arg(long)]
    kafka: bool,
}

/// What is printed as JSON.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What the lake says of itself.
    #[serde(flatten)]
    pub audit: Audit,
    /// What the broker says, if it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kafka: Option<Vec<Compared>>,
}

impl Report {
    /// Whether there is no finding.
    #[must_use]
    pub fn is_clean(&self, strict: bool) -> bool {
        self.findings(strict).is_empty()
    }

    /// What is wrong, in words for the last line.
    fn findings(&self, strict: bool) -> Vec<String> {
        let partitions = &self.audit.partitions;
        let count =
            |of: fn(&PartitionAudit) -> bool| partitions.iter().filter(|found| of(found)).count();
        let compared = self.kafka.iter().flatten();
        let different = compared.filter(|compared| compared.finding.is_some()).count();
        let lost = if strict { count(|found| !found.lost.is_empty()) } else { 0 };
        let found = [
            (count(|found| !found.is_clean()), "are not clean"),
            (different, "are not what Kafka has"),
            (lost, "lost offsets that Kafka deleted before they were archived"),
        ];
        let named = found.into_iter().filter(|(count, _)| *count > 0);
        named
            .map(|(count, what)| format!("{count} of {} partitions {what}", partitions.len()))
            .collect()
    }
}

/// Prints what the lake says about its completeness, as a table or as JSON.
///
/// # Errors
/// When something is missing, there twice or different, or the lake or the broker can't be read.
pub async fn run(settings: &Settings, options: Options) -> anyhow::Result<()> {
    let report = audit(settings, options.table.feed, options.kafka).await?;
    let text = if options.json {
        serde_json::to_string_pretty(&report)? + "\n"
    } else {
        table(&report.audit) + &report.kafka.as_deref().map(kafka_table).unwrap_or_default()
    };
    std::io::stdout().write_all(text.as_bytes())?;
    let findings = report.findings(options.strict);
    ensure!(findings.is_empty(), "{}", findings.join("; "));
    Ok(())
}

/// Audits the table of `feed`, and with `kafka` compares it with the broker.
///
/// # Errors
/// When the lake or the broker can't be read.
pub async fn audit(settings: &Settings, feed: Feed, kafka: bool) -> anyhow::Result<Report> {
    let lake = Lake::new(&settings.lake)?;
    let name = feed.table().name;
    let Some(table) = lake.open(name).await? else {
        bail!("nothing was archived to {} yet", lake.table_url(name));
    };
    // The client's calls block; nothing else runs here.
    let mut broker = kafka.then(|| Broker::new(settings, feed)).transpose()?;
    if let Some(broker) = &mut broker {
        broker.find_logs(&lake, &table).await?;
    }
    let floors = broker.as_ref().map(Broker::floors).unwrap_or_default();
    let topic = feed.topic(&settings.kafka);
    let audit = audit_table(&lake, &table, feed.table(), topic, &floors).await?;
    let kafka = broker.map(|broker| broker.compare(&audit)).transpose().context("Kafka")?;
    Ok(Report { audit, kafka })
}

fn kafka_table(compared: &[Compared]) -> String {
    let mut text = format!(
        "\n{:>9} {:>12} {:>12} {:>12} {:>12} {:>16}  findings\n",
        "partition", "Kafka's low", "Kafka's high", "not archived", "compared", "checksum"
    );
    for Compared { partition, low, high, behind, again, finding } in compared {
        text += &format!(
            "{partition:>9} {low:>12} {high:>12} {behind:>12} {:>12} {:016x}  {}\n",
            again.messages,
            again.checksum,
            finding.as_deref().unwrap_or("none"),
        );
    }
    text
}

fn table(audit: &Audit) -> String {
    let mut text = format!(
        "{:<24} {:>9} {:>12} {:>12} {:>12} {:>9} {:>10} {:>16}  findings\n",
        "cluster", "partition", "first", "position", "stored", "rejected", "duplicates", "checksum"
    );
    for partition in &audit.partitions {
        let position = partition.position.map_or_else(|| "-".to_owned(), |next| next.to_string());
        text += &format!(
            "{:<24} {:>9} {:>12} {position:>12} {:>12} {:>9} {:>10} {:016x}  {}\n",
            partition.log,
            partition.partition,
            partition.first,
            partition.stored,
            partition.rejected,
            partition.duplicates,
            partition.total.checksum,
            findings(partition),
        );
    }
    text + &format!("table {}, version {}\n", audit.table, audit.version)
}

/// Ranges of one kind that a table row names; the JSON has all.
const NAMED_RANGES: usize = 3;

fn findings(partition: &PartitionAudit) -> String {
    let mut found = Vec::new();
    if partition.position.is_none() {
        found.push("no position".to_owned());
    }
    name_ranges(&mut found, "gap", &partition.gaps);
    name_ranges(&mut found, "overlap", &partition.overlaps);
    name_ranges(&mut found, "past the position", partition.past_position.as_slice());
    name_ranges(&mut found, "lost before it was archived", &partition.lost);
    if found.is_empty() { "none".to_owned() } else { found.join(", ") }
}

fn name_ranges(found: &mut Vec<String>, kind: &str, ranges: &[OffsetRange]) {
    for range in ranges.iter().take(NAMED_RANGES) {
        found.push(format!("{kind} {}..{}", range.start, range.end));
    }
    if ranges.len() > NAMED_RANGES {
        found.push(format!("and {} more", ranges.len() - NAMED_RANGES));
    }
}
