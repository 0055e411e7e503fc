//! `consumer replay-rejected`: judges the rejected messages in the lake again, after the decoder
//! or its limits were corrected.
//!
//! A message that is a reading now becomes a stored one in the commit that removes the rejected
//! row, so that its offset is there once at every moment, and running it again changes nothing.

use std::{collections::BTreeMap, io::Write as _, time::Duration};

use anyhow::{bail, ensure};
use deltalake::{DeltaTable, kernel::LogicalFileView};
use vitals_core::runtime::{clock::now_ms, config::Settings};
use vitals_lake::{lease::Lease, rejected, table::Lake};

use super::judge::Judge;
use crate::feed::Feed;

/// What became of the messages that were rejected for one reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// How many were judged again.
    pub read: u64,
    /// How many are readings or predictions now.
    pub valid: u64,
    /// How many are rejected for another reason, or in other words.
    pub changed: u64,
}

/// By the code of the reason.
pub type Counts = BTreeMap<String, Count>;

/// Judges again, and prints a table by reason.
///
/// # Errors
/// When the lake can't be read or written, or is maintained at the same time.
pub async fn run(settings: &Settings, feed: Feed, dry_run: bool) -> anyhow::Result<()> {
    let lake = Lake::new(&settings.lake)?;
    let counts = replay(&lake, settings, feed, dry_run).await?;
    std::io::stdout().write_all(table(&counts, dry_run).as_bytes())?;
    Ok(())
}

/// Judges every rejected message in the table of `feed` again and stores what is valid now; with `dry_run` only
/// counts.
///
/// # Errors
/// As [`run`].
pub async fn replay(
    lake: &Lake,
    settings: &Settings,
    feed: Feed,
    dry_run: bool,
) -> anyhow::Result<Counts> {
    let name = feed.table().name;
    let Some(mut table) = lake.open(name).await? else {
        bail!("nothing was archived to {} yet", lake.table_url(name));
    };
    let timeout = Duration::from_millis(settings.consumer.maintenance.timeout_ms);
    let mut lease = None;
    if !dry_run {
        lease = Lease::claim(lake, &mut table, now_ms(), Duration::ZERO).await?;
        ensure!(lease.is_some(), "the table is being maintained; run it again");
    }
    let lake = lake.with_timeout(timeout);
    let judge = Judge::new(feed, settings.consumer.times);
    let mut counts = Counts::new();
    for file in rejected::rejected_files(&table)? {
        if count(&lake, &table, &file, &judge, &mut counts).await?
            && let Some(lease) = lease
        {
            let rows = |rows: &_| judge.rows(rows);
            rejected::replace(&lake, &mut table, lease, &file, rows).await?;
        }
    }
    Ok(counts)
}

/// Adds the file's messages to `counts`; whether one of them is judged otherwise than before.
async fn count(
    lake: &Lake,
    table: &DeltaTable,
    file: &LogicalFileView,
    judge: &Judge,
    counts: &mut Counts,
) -> anyhow::Result<bool> {
    let mut differs = false;
    let visit = |rows: &_| {
        differs |= judge.count(rows, counts)?;
        Ok(())
    };
    rejected::read(lake, table, file, visit).await?;
    Ok(differs)
}

fn table(counts: &Counts, dry_run: bool) -> String {
    let mut text = format!(
        "{:<20} {:>10} {:>10} {:>14} {:>14}\n",
        "rejected for", "read again", "now valid", "still rejected", "in other words"
    );
    let mut total = Count::default();
    for (reason, count) in counts {
        text += &row(reason, count);
        total.read += count.read;
        total.valid += count.valid;
        total.changed += count.changed;
    }
    text += &row("all", &total);
    if dry_run {
        text += "nothing was changed: this was a dry run\n";
    }
    text
}

fn row(reason: &str, count: &Count) -> String {
    let Count { read, valid, changed } = count;
    format!("{reason:<20} {read:>10} {valid:>10} {:>14} {changed:>14}\n", read - valid)
}
