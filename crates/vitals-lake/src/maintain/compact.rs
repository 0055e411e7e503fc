//! Small files into large ones, sorted so that one patient's readings are together.

use anyhow::{Context as _, ensure};
use deltalake::{
    DeltaTable,
    datafusion::{
        logical_expr::SortExpr,
        prelude::{DataFrame, ident},
    },
    kernel::{Action, LogicalFileView},
};
use futures::TryStreamExt as _;

use super::{
    Policy,
    bins::{Candidate, Rules},
};
use crate::{
    lease::{self, Lease},
    rejected::holds_rejected,
    rewrite::{self, Writer},
    table::Lake,
};

/// The order of rows in a merged file, by the columns that the table has.
const ORDER: [&str; 4] = ["patient_id", "time", "kafka_partition", "kafka_offset"];

/// Files and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Files {
    /// How many.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Files {
    pub(super) fn add(&mut self, bytes: u64) {
        self.count += 1;
        self.bytes += bytes;
    }
}

/// What was merged into what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Merged {
    /// The files that were replaced.
    pub from: Files,
    /// The files that replaced them.
    pub to: Files,
}

/// The data files of the loaded version, oldest first.
pub(super) fn files(table: &DeltaTable) -> anyhow::Result<Vec<LogicalFileView>> {
    let log = table.snapshot()?.snapshot().try_log_data()?;
    let mut files: Vec<LogicalFileView> = log.into_iter().collect();
    files.sort_by_key(LogicalFileView::modification_time);
    Ok(files)
}

pub(super) fn bytes(file: &LogicalFileView) -> u64 {
    u64::try_from(file.size()).unwrap_or_default()
}

/// Merges small files, set by set, each in a commit of its own.
pub(super) async fn compact(
    lake: &Lake,
    table: &mut DeltaTable,
    lease: Lease,
    policy: &Policy,
) -> anyhow::Result<Merged> {
    let files = files(table)?;
    let candidate = |file: &LogicalFileView| Candidate {
        rejected: holds_rejected(&file.partition_values_map()),
        bytes: bytes(file),
    };
    let candidates: Vec<Candidate> = files.iter().map(candidate).collect();
    let rules = Rules {
        target_bytes: policy.target_file_bytes,
        least_files: if policy.thorough { 2 } else { policy.least_files },
        all_sizes: policy.thorough,
    };
    let mut merged = Merged::default();
    for bin in rules.bins(&candidates) {
        let bin: Vec<LogicalFileView> = bin.into_iter().map(|index| files[index].clone()).collect();
        merge(lake, table, lease, &bin, policy, &mut merged).await?;
    }
    Ok(merged)
}

async fn merge(
    lake: &Lake,
    table: &mut DeltaTable,
    lease: Lease,
    files: &[LogicalFileView],
    policy: &Policy,
    merged: &mut Merged,
) -> anyhow::Result<()> {
    let session = rewrite::session(policy.memory_bytes)?;
    let rows = rewrite::rows(&session, table, files).await?;
    let mut sorted = sort(rows)?.execute_stream().await?;
    let mut writer = Writer::new(table, 2 * policy.target_file_bytes)?;
    let mut written = 0;
    while let Some(batch) = lake.within("merge files", sorted.try_next()).await? {
        lake.within("merge files", writer.write(&batch)).await?;
        written += batch.num_rows();
    }
    let added = lake.within("merge files", writer.close()).await?;
    let expected: Option<usize> = files.iter().map(LogicalFileView::num_records).sum();
    let expected = expected.context("a file without a number of rows")?;
    ensure!(written == expected, "{written} rows were read where the log says {expected}");
    files.iter().for_each(|file| merged.from.add(bytes(file)));
    let mut actions: Vec<Action> =
        files.iter().map(|file| Action::Remove(file.remove_action(false))).collect();
    for mut add in added {
        add.data_change = false;
        merged.to.add(u64::try_from(add.size).unwrap_or_default());
        actions.push(Action::Add(add));
    }
    let target = i64::try_from(policy.target_file_bytes).unwrap_or(i64::MAX);
    lease.commit(lake, table, actions, lease::operation(target)).await
}

fn sort(rows: DataFrame) -> anyhow::Result<DataFrame> {
    let has = |name: &&str| rows.schema().has_column_with_unqualified_name(name);
    let order: Vec<SortExpr> =
        ORDER.into_iter().filter(has).map(|name| ident(name).sort(true, false)).collect();
    Ok(rows.sort(order)?)
}
