//! The command `consumer audit`.

use std::io::Write as _;

use anyhow::{Context as _, bail, ensure};
use vitals_core::runtime::config::Settings;
use vitals_lake::{audit::audit_table, table::Lake};

use super::{comparison::Comparison, report::Report};
use crate::feed::{Feed, TableOption};

/// The options of the command.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Options {
    #[command(flatten)]
    table: TableOption,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Also fail on offsets that were deleted or damaged in Kafka before they were archived
    #[arg(long)]
    strict: bool,
    /// Read again what Kafka still has, and compare every row with its message
    #[arg(long)]
    kafka: bool,
}

/// Prints the audit as a table or as JSON.
///
/// # Errors
/// When the audit has findings, or the lake or the broker can't be read.
pub async fn run(settings: &Settings, options: Options) -> anyhow::Result<()> {
    let report = audit(settings, options.table.feed, options.kafka).await?;
    let text =
        if options.json { serde_json::to_string_pretty(&report)? + "\n" } else { report.text() };
    std::io::stdout().write_all(text.as_bytes())?;
    let findings = report.findings(options.strict);
    ensure!(findings.is_empty(), "{}", findings.join("; "));
    Ok(())
}

/// Audits the table of `feed`. With `kafka`, compares it with the broker as well.
///
/// # Errors
/// When the lake or the broker can't be read.
pub async fn audit(settings: &Settings, feed: Feed, kafka: bool) -> anyhow::Result<Report> {
    let lake = Lake::new(&settings.lake)?;
    let name = feed.table().name;
    let Some(table) = lake.open(name).await? else {
        bail!("nothing has been archived to {} yet", lake.table_url(name));
    };
    let topic = feed.topic(&settings.kafka);
    if !kafka {
        let audit = audit_table(&lake, &table, feed.table(), topic, &Default::default()).await?;
        return Ok(Report { audit, kafka: None });
    }
    // The watermarks come first: the lake's rows are summed from the low watermark on, or at the
    // offsets that compaction has left. The
    // client's calls block; no other task runs on this runtime.
    let comparison = Comparison::new(settings, feed, &lake, &table).await.context("Kafka")?;
    let selections = comparison.selections();
    let audit = audit_table(&lake, &table, feed.table(), topic, &selections).await?;
    let compared = comparison.compare(&audit).context("Kafka")?;
    Ok(Report { audit, kafka: Some(compared) })
}
