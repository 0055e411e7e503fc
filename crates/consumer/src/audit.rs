//! `consumer audit`: proves from the lake alone that every offset is there once.

use std::io::Write as _;

use anyhow::bail;
use vitals_core::runtime::config::Settings;
use vitals_lake::{
    audit::{self, Audit, Partition},
    table::Lake,
};

/// Prints what the lake says about its completeness, as a table or as JSON.
///
/// # Errors
/// When something is missing or there twice, or the lake can't be read.
pub async fn run(settings: &Settings, json: bool) -> anyhow::Result<()> {
    let lake = Lake::new(&settings.lake)?;
    let Some(audit) = audit::audit(&lake, &settings.kafka.topics.vitals).await? else {
        bail!("nothing was archived to {} yet", settings.lake.url);
    };
    let text = if json { serde_json::to_string_pretty(&audit)? + "\n" } else { table(&audit) };
    std::io::stdout().write_all(text.as_bytes())?;
    let dirty = audit.partitions.iter().filter(|partition| !partition.is_clean()).count();
    if dirty > 0 {
        bail!("{dirty} of {} partitions are not clean", audit.partitions.len());
    }
    Ok(())
}

fn table(audit: &Audit) -> String {
    let mut text = format!(
        "{:<24} {:>9} {:>12} {:>12} {:>12} {:>9} {:>7}  findings\n",
        "cluster", "partition", "first", "position", "stored", "rejected", "twice"
    );
    for partition in &audit.partitions {
        let position = partition.position.map_or_else(|| "-".to_owned(), |next| next.to_string());
        text += &format!(
            "{:<24} {:>9} {:>12} {position:>12} {:>12} {:>9} {:>7}  {}\n",
            partition.cluster,
            partition.partition,
            partition.first,
            partition.stored,
            partition.rejected,
            partition.twice,
            findings(partition),
        );
    }
    text + &format!("table version {}\n", audit.version)
}

/// Holes that a table row names; the JSON has all.
const NAMED_HOLES: usize = 3;

fn findings(partition: &Partition) -> String {
    let mut found = Vec::new();
    if partition.position.is_none() {
        found.push("no position".to_owned());
    }
    for hole in partition.gaps.iter().take(NAMED_HOLES) {
        found.push(format!("hole {}..{}", hole.from, hole.to));
    }
    if partition.gaps.len() > NAMED_HOLES {
        found.push(format!("and {} more holes", partition.gaps.len() - NAMED_HOLES));
    }
    if let Some(beyond) = partition.beyond {
        found.push(format!("past the position {}..{}", beyond.from, beyond.to));
    }
    if found.is_empty() { "none".to_owned() } else { found.join(", ") }
}
