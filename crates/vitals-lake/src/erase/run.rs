//! An erasure: file by file, until no file holds the patient's rows.

use std::{collections::HashSet, time::Duration};

use anyhow::{Context as _, bail, ensure};
use arrow::compute::{filter_record_batch, not};
use deltalake::{DeltaTable, kernel::LogicalFileView, protocol::DeltaOperation};
use futures::TryStreamExt as _;

use super::{selection::Selection, stand_ins::ErasedOffsets};
use crate::{
    lease::{ClaimWatch, Lease},
    maintain::Policy,
    rejected::holds_rejected,
    replace::{Replaced, Replacement},
    rewrite::{self, Writer, files},
    table::Lake,
};

/// The memory limit for reading one file, bytes.
const READ_MEMORY_BYTES: usize = 64 << 20;

/// Passes over the table's files. A further one is needed only if other writers add or change
/// files meanwhile.
const MAX_PASSES: usize = 100;

/// The result of an erasure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// The number of files with rows of the patient.
    pub files: u64,
    /// The number of valid messages: readings or contexts.
    pub valid: u64,
    /// The number of rejected messages.
    pub rejected: u64,
}

impl Erased {
    fn add(&mut self, file: &LogicalFileView, rows: u64) {
        if rows == 0 {
            return;
        }
        self.files += 1;
        if holds_rejected(&file.partition_values_map()) {
            self.rejected += rows;
        } else {
            self.valid += rows;
        }
    }
}

/// Counts the rows of patient `id` in table `name`; `None` if there is no such table.
///
/// # Errors
/// When the table can't be read in time.
pub async fn count(lake: &Lake, name: &str, id: &str) -> anyhow::Result<Option<Erased>> {
    let Some(table) = lake.open(name).await? else { return Ok(None) };
    let selection = Selection::in_table(id, &table)?;
    let mut erased = Erased::default();
    for file in files(&table)?.iter().filter(|file| selection.may_be_in(file)) {
        erased.add(file, count_file(lake, &table, file, &selection).await?);
    }
    Ok(Some(erased))
}

/// Erases the rows of patient `id` from table `name`; `None` if there is no such table.
///
/// # Errors
/// When the storage fails, or another process maintains the table. Files that were replaced by
/// then stay replaced; a further run erases the rest.
pub async fn erase(
    lake: &Lake,
    name: &str,
    id: &str,
    policy: &Policy,
    now_ms: i64,
) -> anyhow::Result<Option<Erased>> {
    let Some(mut table) = lake.open(name).await? else { return Ok(None) };
    let mut watch = ClaimWatch::default();
    let lease = Lease::claim(lake, &mut table, &mut watch, now_ms, Duration::ZERO);
    let lease = lease.await?.context("the table is being maintained; run it again")?;
    let renewing = table.clone();
    let steps_lake = lake.with_timeout(policy.timeout);
    let erasure = Erasure {
        lake: &steps_lake,
        lease,
        selection: Selection::in_table(id, &table)?,
        // Twice the target, so that a file of about its size remains one file.
        target_bytes: policy.target_file_bytes.saturating_mul(2),
    };
    let erased = Box::pin(erasure.run(table));
    lease.keep_alive(lake, renewing, policy.renewal, erased).await.map(Some)
}

struct Erasure<'a> {
    lake: &'a Lake,
    lease: Lease,
    selection: Selection,
    target_bytes: u64,
}

impl Erasure<'_> {
    async fn run(&self, mut table: DeltaTable) -> anyhow::Result<Erased> {
        let mut erased = Erased::default();
        // The files that were read and hold no row of the patient.
        let mut clean = HashSet::new();
        for _ in 0..MAX_PASSES {
            self.lake.within("reload the table", table.update_state()).await?;
            let open: Vec<LogicalFileView> = files(&table)?
                .into_iter()
                .filter(|file| !clean.contains(file.path().as_ref()))
                .filter(|file| self.selection.may_be_in(file))
                .collect();
            if open.is_empty() {
                return Ok(erased);
            }
            for file in open {
                let rows = count_file(self.lake, &table, &file, &self.selection).await?;
                if rows == 0 {
                    clean.insert(file.path().into_owned());
                } else if self.rewrite(&mut table, &file).await? == Replaced::Committed {
                    erased.add(&file, rows);
                } else {
                    // Another writer changed the file; the next pass reads its successor.
                    break;
                }
            }
        }
        bail!("other writers changed the files {MAX_PASSES} times; run it again")
    }

    /// Replaces `file` by one without the patient's rows.
    async fn rewrite(
        &self,
        table: &mut DeltaTable,
        file: &LogicalFileView,
    ) -> anyhow::Result<Replaced> {
        // Write the other rows, then the stand-ins, to files that no commit names yet.
        let session = rewrite::session(READ_MEMORY_BYTES)?;
        let rows = rewrite::rows(&session, table, std::slice::from_ref(file)).await?;
        let mut rows = rows.execute_stream().await?;
        let mut writer = Writer::new(table, self.target_bytes)?;
        let mut offsets = ErasedOffsets::default();
        let mut rows_read = 0;
        while let Some(batch) = self.lake.within("read rows", rows.try_next()).await? {
            rows_read += batch.num_rows();
            let selected = self.selection.rows(&batch)?;
            offsets.add(&filter_record_batch(&batch, &selected)?)?;
            let kept = filter_record_batch(&batch, &not(&selected)?)?;
            if kept.num_rows() > 0 {
                self.lake.within("write Parquet", writer.write(&kept)).await?;
            }
        }
        let expected = rewrite::live_rows(file).context("the file's number of rows is unknown")?;
        ensure!(rows_read == expected, "read {rows_read} rows, but the log records {expected}");
        self.lake.within("write Parquet", writer.write(&offsets.rows()?)).await?;
        let replacement = Replacement {
            removed: std::slice::from_ref(file),
            added: self.lake.within("write Parquet", writer.close()).await?,
            data_change: true,
            // Without a predicate: the log must not name the patient.
            operation: DeltaOperation::Delete { predicate: None },
            transactions: Vec::new(),
        };
        replacement.commit(self.lake, table, self.lease).await
    }
}

async fn count_file(
    lake: &Lake,
    table: &DeltaTable,
    file: &LogicalFileView,
    selection: &Selection,
) -> anyhow::Result<u64> {
    let session = rewrite::session(READ_MEMORY_BYTES)?;
    let rows = rewrite::rows(&session, table, std::slice::from_ref(file)).await?;
    let mut rows = rows.execute_stream().await?;
    let mut count = 0;
    while let Some(batch) = lake.within("read rows", rows.try_next()).await? {
        count += selection.rows(&batch)?.true_count() as u64;
    }
    Ok(count)
}
