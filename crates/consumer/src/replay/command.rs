//! The command `consumer replay-rejected`.

use std::{io::Write as _, time::Duration};

use anyhow::{bail, ensure};
use deltalake::{DeltaTable, kernel::LogicalFileView};
use vitals_core::runtime::{clock::now_ms, config::Settings};
use vitals_lake::{
    lease::{ClaimWatch, Lease},
    rejected,
    table::Lake,
};

use super::{
    counts::{Count, Counts},
    reprocess::Reprocessor,
};
use crate::{feed::Feed, maintain};

/// Replays the rejected messages, and prints a table by reason.
///
/// # Errors
/// When the lake can't be read or written, or the table is being maintained.
pub async fn run(settings: &Settings, feed: Feed, dry_run: bool) -> anyhow::Result<()> {
    let lake = Lake::new(&settings.lake)?;
    let counts = replay(&lake, settings, feed, dry_run).await?;
    std::io::stdout().write_all(table(&counts, dry_run).as_bytes())?;
    Ok(())
}

/// Decodes every rejected message in the table of `feed` again, and stores those that are valid
/// now. With `dry_run`, only counts.
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
        bail!("nothing has been archived to {} yet", lake.table_url(name));
    };
    // Replacing files needs the lease, so that no compaction merges them at the same time.
    let mut lease = None;
    if !dry_run {
        // Readings may need columns that the table of an earlier release lacks.
        table = lake.open_upgraded(feed.table()).await?.unwrap_or(table);
        let mut watch = ClaimWatch::default();
        lease = Lease::claim(lake, &mut table, &mut watch, now_ms(), Duration::ZERO).await?;
        ensure!(lease.is_some(), "the table is being maintained; run it again");
    }
    let policy = maintain::policy(&settings.consumer.maintenance, lake, true);
    let reprocessor = Reprocessor::new(feed, settings.consumer.decode_options());
    let steps_lake = lake.with_timeout(policy.timeout);
    let renewing = table.clone();
    let work = Box::pin(replay_files(&steps_lake, table, lease, &reprocessor));
    match lease {
        // A long run: the claim is renewed, or another process would take it over.
        Some(lease) => lease.keep_alive(lake, renewing, policy.renewal, work).await,
        None => work.await,
    }
}

/// Decodes the rejected messages of every file again. With a `lease`, replaces the files that
/// change.
async fn replay_files(
    lake: &Lake,
    mut table: DeltaTable,
    lease: Option<Lease>,
    reprocessor: &Reprocessor,
) -> anyhow::Result<Counts> {
    let mut counts = Counts::new();
    // File by file, each in a commit of its own: an interrupted run keeps its progress.
    for file in rejected::rejected_files(&table)? {
        let changed = count_file(lake, &table, &file, reprocessor, &mut counts).await?;
        if let Some(lease) = lease
            && changed
        {
            rejected::replace(lake, &mut table, lease, &file, |rows| reprocessor.rows(rows))
                .await?;
        }
    }
    Ok(counts)
}

/// Adds the messages of `file` to `counts`. Returns true if one of them has another result now.
async fn count_file(
    lake: &Lake,
    table: &DeltaTable,
    file: &LogicalFileView,
    reprocessor: &Reprocessor,
    counts: &mut Counts,
) -> anyhow::Result<bool> {
    let mut changed = false;
    rejected::read(lake, table, file, |rows| {
        changed |= reprocessor.count(rows, counts)?;
        Ok(())
    })
    .await?;
    Ok(changed)
}

fn table(counts: &Counts, dry_run: bool) -> String {
    let mut text = format!(
        "{:<20} {:>10} {:>10} {:>14} {:>14}\n",
        "rejected for", "decoded", "now valid", "still rejected", "new reason"
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
        text += "dry run: nothing was changed\n";
    }
    text
}

fn row(reason: &str, count: &Count) -> String {
    let Count { read, valid, changed } = count;
    format!("{reason:<20} {read:>10} {valid:>10} {:>14} {changed:>14}\n", read - valid)
}
