//! `consumer audit`: proves from the lake alone that every offset is there once.

use std::io::Write as _;

use anyhow::bail;
use vitals_core::runtime::config::Settings;
use vitals_lake::{
    audit::{self, Audit, Partition, Range},
    table::Lake,
};

/// What is asked on the command line.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Options {
    /// As JSON
    #[arg(long)]
    json: bool,
    /// Offsets that Kafka had deleted before they were archived are a finding as well
    #[arg(long)]
    strict: bool,
}

/// Prints what the lake says about its completeness, as a table or as JSON.
///
/// # Errors
/// When something is missing or there twice, or the lake can't be read.
pub async fn run(settings: &Settings, options: Options) -> anyhow::Result<()> {
    let lake = Lake::new(&settings.lake)?;
    let Some(audit) = audit::audit(&lake, &settings.kafka.topics.vitals).await? else {
        bail!("nothing was archived to {} yet", settings.lake.url);
    };
    let text =
        if options.json { serde_json::to_string_pretty(&audit)? + "\n" } else { table(&audit) };
    std::io::stdout().write_all(text.as_bytes())?;
    let dirty = audit.partitions.iter().filter(|partition| !partition.is_clean()).count();
    if dirty > 0 {
        bail!("{dirty} of {} partitions are not clean", audit.partitions.len());
    }
    if options.strict && audit.partitions.iter().any(|partition| !partition.lost.is_empty()) {
        bail!("offsets were deleted from Kafka before they were archived");
    }
    Ok(())
}

fn table(audit: &Audit) -> String {
    let mut text = format!(
        "{:<24} {:>9} {:>12} {:>12} {:>12} {:>9} {:>7} {:>16}  findings\n",
        "cluster", "partition", "first", "position", "stored", "rejected", "twice", "checksum"
    );
    for partition in &audit.partitions {
        let position = partition.position.map_or_else(|| "-".to_owned(), |next| next.to_string());
        text += &format!(
            "{:<24} {:>9} {:>12} {position:>12} {:>12} {:>9} {:>7} {:016x}  {}\n",
            partition.cluster,
            partition.partition,
            partition.first,
            partition.stored,
            partition.rejected,
            partition.twice,
            partition.total.checksum,
            findings(partition),
        );
    }
    text + &format!("table {}, version {}\n", audit.table, audit.version)
}

/// Ranges of one kind that a table row names; the JSON has all.
const NAMED_RANGES: usize = 3;

fn findings(partition: &Partition) -> String {
    let mut found = Vec::new();
    if partition.position.is_none() {
        found.push("no position".to_owned());
    }
    name_ranges(&mut found, "hole", &partition.gaps);
    name_ranges(&mut found, "twice", &partition.overlaps);
    name_ranges(&mut found, "past the position", partition.beyond.as_slice());
    name_ranges(&mut found, "lost before it was archived", &partition.lost);
    if found.is_empty() { "none".to_owned() } else { found.join(", ") }
}

fn name_ranges(found: &mut Vec<String>, kind: &str, ranges: &[Range]) {
    for range in ranges.iter().take(NAMED_RANGES) {
        found.push(format!("{kind} {}..{}", range.from, range.to));
    }
    if ranges.len() > NAMED_RANGES {
        found.push(format!("and {} more", ranges.len() - NAMED_RANGES));
    }
}
