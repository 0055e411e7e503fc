//! Vacuum: the deletion of files that no version within the retention needs.
//!
//! A file that no commit names is a crashed writer's, or one that is about to be committed. Only
//! its age tells them apart, and ages rest on clocks. Three rules keep a wrong clock from deleting
//! a file that is about to be committed: ages are measured by the storage's clock, which also
//! dated the files; expired files are deleted only after a settling time, by the monotonic clock,
//! which exceeds the time limits of an upload and its commit; and a file that was committed
//! meanwhile is kept.

use std::{collections::HashSet, sync::Arc};

use anyhow::Context as _;
use deltalake::{
    DeltaTable, ObjectStore as _, Path,
    kernel::LogicalFileView,
    logstore::object_store::ObjectStoreExt as _,
    operations::vacuum::{Clock, VacuumMode},
};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::Policy;
use crate::{
    rewrite::files,
    table::{Lake, commit_path},
};

/// The clock of the storage, stopped.
#[derive(Debug)]
struct StorageClock(i64);

impl Clock for StorageClock {
    fn current_timestamp_millis(&self) -> i64 {
        self.0
    }
}

/// Deletes the expired files of `table`, and moves it to the newest version. Returns their number.
pub(super) async fn vacuum(
    lake: &Lake,
    table: &mut DeltaTable,
    policy: &Policy,
    now_ms: i64,
) -> anyhow::Result<usize> {
    let expired = expired(lake, table, policy, now_ms).await?;
    if expired.is_empty() {
        return Ok(0);
    }
    // A writer has committed its files by then, or failed.
    tokio::time::sleep(policy.settle).await;
    delete(lake, table, expired).await
}

/// Deletes those of the `expired` files that the newest version of `table` does not need either.
pub(super) async fn delete(
    lake: &Lake,
    table: &mut DeltaTable,
    expired: Vec<Path>,
) -> anyhow::Result<usize> {
    // A commit may have named one of the files since they were listed.
    lake.within("reload the table", table.update_state()).await?;
    let live: HashSet<Path> =
        files(table)?.iter().map(LogicalFileView::object_store_path).collect();
    let expired: Vec<Path> = expired.into_iter().filter(|path| !live.contains(path)).collect();
    let store = table.object_store();
    let paths = stream::iter(expired.into_iter().map(Ok)).boxed();
    let deleted = store.delete_stream(paths).try_collect::<Vec<Path>>();
    Ok(lake.within("vacuum", deleted).await?.len())
}

/// The files that the loaded version does not need and that are older than the retention.
pub(super) async fn expired(
    lake: &Lake,
    table: &DeltaTable,
    policy: &Policy,
    now_ms: i64,
) -> anyhow::Result<Vec<Path>> {
    let retention = chrono::Duration::from_std(policy.retention).context("retention")?;
    let storage_ms = lake.within("read the storage's clock", storage_time_ms(table)).await?;
    let search = table
        .clone()
        .vacuum()
        // Full, because the orphans of a crashed writer are not in the log.
        .with_mode(VacuumMode::Full)
        .with_retention_period(retention)
        // The settings enforce a lower bound of their own.
        .with_enforce_retention_duration(false)
        // A clock that is behind only keeps files longer.
        .with_clock(Arc::new(StorageClock(storage_ms.min(now_ms))))
        .with_dry_run(true);
    let (_, found) = lake.within("search expired files", search.into_future()).await?;
    Ok(found.files_deleted.iter().map(|path| Path::from(path.as_str())).collect())
}

/// The time at which the storage dated the newest commit: that of this run's claim or compaction.
pub(super) async fn storage_time_ms(table: &DeltaTable) -> anyhow::Result<i64> {
    let version = table.version().context("the table is not loaded")?;
    let found = table.object_store().head(&commit_path(version)).await?;
    Ok(found.last_modified.timestamp_millis())
}
