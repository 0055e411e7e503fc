//! `consumer watch what-if`: the lake's history under other limits.
//!
//! ```text
//! lake: readings, contexts ──▶ trial: two watches of each patient ──▶ report
//!                             config.toml, FILE ──▶ two sets of rules ┘
//! ```

mod trial;
mod report;

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use arrow::array::RecordBatch;
use futures::TryStreamExt as _;
use jiff::Timestamp;
use vitals_core::{domain::watch::WatchSettings, runtime::config::Settings};
use vitals_lake::{
    query::{self, ReadingRows, Tables},
    table::Lake,
};

use self::trial::Trial;

/// Options of `watch what-if`.
#[derive(Debug, Clone, clap::Args)]
pub struct WhatIfArgs {
    /// TOML file with the rules that differ, as in section `[watch]` of the settings, for example
    /// `limits.spo2.low = 88.0`
    #[arg(long, value_name = "FILE")]
    pub limits: PathBuf,
    /// Start of the period, such as 2026-11-22T00:00:00Z
    #[arg(long)]
    pub from: Timestamp,
    /// End of the period
    #[arg(long)]
    pub to: Timestamp,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Judges the period under today's and the other rules, and writes the report.
///
/// # Errors
/// When the file is invalid, or the lake can't be read or has no readings.
pub(super) async fn run(
    settings: &Settings,
    args: &WhatIfArgs,
    output: &mut (impl std::io::Write + Send),
) -> anyhow::Result<()> {
    ensure!(args.from < args.to, "--from is not before --to");
    let name = args.limits.display();
    let text = std::fs::read_to_string(&args.limits).with_context(|| format!("reading {name}"))?;
    let other = other_rules(&settings.watch, &text).with_context(|| format!("rules of {name}"))?;
    let (from_ms, to_ms) = (args.from.as_millisecond(), args.to.as_millisecond());

    let lake = Lake::new(&settings.lake)?;
    let contexts = query::present_contexts(&Tables::new(lake.clone()))
        .await
        .context("reading the contexts")?;
    let readings = query::readings(&lake, from_ms, to_ms).await?;
    let mut readings = readings.context("no readings have been archived yet")?;
    let mut trial = Trial::new(settings.watch.clone(), other, contexts);
    let mut count = 0;
    while let Some(batch) = lake.within("read the readings", readings.try_next()).await? {
        count += batch.num_rows();
        judge(&mut trial, &batch)?;
    }
    ensure!(count > 0, "no reading arrived from {} to {}", args.from, args.to);
    let outcome = trial.finish(from_ms, to_ms);
    let text = if args.json { report::json(&outcome)? } else { report::text(&outcome, count) };
    output.write_all(text.as_bytes())?;
    Ok(())
}

/// Today's rules with the differences of a TOML document.
fn other_rules(today: &WatchSettings, text: &str) -> anyhow::Result<WatchSettings> {
    let mut merged = serde_json::to_value(today)?;
    let differences: serde_json::Value = toml::from_str(text)?;
    merge(&mut merged, differences);
    let other: WatchSettings = serde_json::from_value(merged)?;
    other.validate().map_err(anyhow::Error::msg)?;
    Ok(other)
}

fn merge(into: &mut serde_json::Value, from: serde_json::Value) {
    match (into, from) {
        (serde_json::Value::Object(into), serde_json::Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(serde_json::Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

fn judge(trial: &mut Trial, batch: &RecordBatch) -> anyhow::Result<()> {
    let rows = ReadingRows::new(batch)?;
    for row in 0..batch.num_rows() {
        trial.judge(&rows.decoded(row), rows.arrival_ms(row));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use vitals_core::domain::vital::Vital;

    use super::*;

    #[test]
    fn a_file_changes_what_it_names() {
        let mut today = WatchSettings::default();
        today.news2.high_delay_ms = 5;
        let text = "limits.spo2 = { low = 88.0, delay_ms = 30000 }\nnews2.medium_delay_ms = 7";
        let other = other_rules(&today, text).unwrap();
        assert_eq!((other.news2.high_delay_ms, other.news2.medium_delay_ms), (5, 7));
        assert_eq!(other.limits[&Vital::Spo2].low, Some(88.0));
        for (invalid, part) in
            [("limits.spo3.low = 88.0", "spo3"), ("limts.spo2.low = 8.0", "limts"), ("x", "")]
        {
            let error = format!("{:#}", other_rules(&today, invalid).unwrap_err());
            assert!(error.contains(part), "{error}");
        }
    }
}
