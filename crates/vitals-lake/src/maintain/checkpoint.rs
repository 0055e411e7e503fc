//! Checkpoints and log cleanup, which commits leave to maintenance.
//!
//! Delta's checkpoint blocks its thread while it writes, and a future's timeout can't end a call
//! that blocks its thread. Both steps therefore run on a thread of their own: when the time limit
//! passes, the thread is left behind, and no further one starts until it has ended.

use anyhow::{Context as _, anyhow};
use deltalake::{
    DeltaTable, ObjectStore, ObjectStoreError, Path, checkpoints, kernel::Transaction,
    logstore::object_store::ObjectStoreExt as _,
};
use futures::TryStreamExt as _;
use serde::Deserialize;
use tokio::{runtime::Handle, sync::oneshot};

use crate::{
    append::{commit_actions, is_conflict},
    lease::optimize,
    position::Transactions,
    table::{Lake, commit_version},
};

/// The application id of the `txn` action with the last version that a process began to write a
/// checkpoint of.
const APP_ID: &str = "vitals/checkpoint";

/// The file with the version of the newest checkpoint.
const LAST_CHECKPOINT: &str = "_delta_log/_last_checkpoint";

#[derive(Deserialize)]
struct LastCheckpoint {
    version: u64,
}

/// Writes a checkpoint of table `name` if at least `min_commits` commits have followed the last
/// one, so that opening the table reads few files. Returns true if it did. Of several processes,
/// one writes it: each commits its intention first, and Delta refuses all but one.
///
/// # Errors
/// When the storage fails or does not respond in time.
pub async fn checkpoint_if_due(lake: &Lake, name: &str, min_commits: u64) -> anyhow::Result<bool> {
    let Some(store) = lake.store(name)? else { return Ok(false) };
    // Two small requests decide; the table is only opened if a checkpoint is due.
    let last = lake.within("read the last checkpoint", last_checkpoint(&store)).await?;
    let newest = lake.within("list the log", newest_version(&store, last)).await?;
    if newest.unwrap_or_default() < last.saturating_add(min_commits) {
        return Ok(false);
    }
    let Some(mut table) = lake.open(name).await? else { return Ok(false) };
    if !claim(lake, &mut table, min_commits).await? {
        return Ok(false);
    }
    create_checkpoint(lake, &table).await?;
    Ok(true)
}

/// Commits the intention to write a checkpoint. Returns false if another process was faster.
async fn claim(lake: &Lake, table: &mut DeltaTable, min_commits: u64) -> anyhow::Result<bool> {
    let version = i64::try_from(table.version().context("the table is not loaded")?)?;
    let claimed = Transactions::read(lake, table).await?.get(APP_ID);
    // A process that ended during its checkpoint must not prevent the next one.
    let min_commits = i64::try_from(min_commits)?;
    if claimed.is_some_and(|claimed| version - claimed < min_commits) {
        return Ok(false);
    }
    let claim = vec![Transaction::new(APP_ID, version)];
    let committed = commit_actions(table, optimize(0), vec![], claim);
    match lake.within("claim the checkpoint", committed).await {
        Ok(()) => Ok(true),
        Err(error) if error.downcast_ref().is_some_and(is_conflict) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes a checkpoint of the loaded version, which includes the positions.
///
/// # Errors
/// When the storage fails or does not respond in time.
pub(super) async fn create_checkpoint(lake: &Lake, table: &DeltaTable) -> anyhow::Result<()> {
    let table = table.clone();
    blocking(lake, "write a checkpoint", move |runtime| {
        Ok(runtime.block_on(checkpoints::create_checkpoint(&table, None))?)
    })
    .await
}

/// Deletes the log entries before the loaded version that are older than `cutoff_ms` and that the
/// newest checkpoint before them makes superfluous. Returns their number.
pub(super) async fn clean_up_log(
    lake: &Lake,
    table: &DeltaTable,
    cutoff_ms: i64,
) -> anyhow::Result<usize> {
    let version = table.version().context("the table is not loaded")?;
    let log_store = table.log_store();
    blocking(lake, "clean up the log", move |runtime| {
        let cleanup =
            checkpoints::cleanup_expired_logs_for(version, log_store.as_ref(), cutoff_ms, None);
        Ok(runtime.block_on(cleanup)?)
    })
    .await
}

/// Runs `work`, which may block, on a thread of its own, within the lake's time limit.
pub(super) async fn blocking<T: Send + 'static>(
    lake: &Lake,
    purpose: &'static str,
    work: impl FnOnce(Handle) -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let runtime = Handle::current();
    lake.within(purpose, async {
        // The thread keeps the permit, however long it blocks.
        let permit = lake.blocking_permit().await?;
        let (sender, receiver) = oneshot::channel();
        std::thread::Builder::new().name("lake log".to_owned()).spawn(move || {
            // After a timeout, the receiver is gone.
            let _timed_out = sender.send(work(runtime));
            drop(permit);
        })?;
        receiver.await.map_err(|_| anyhow!("the thread panicked"))?
    })
    .await
}

/// The version of the newest checkpoint; 0 without one.
async fn last_checkpoint(store: &dyn ObjectStore) -> anyhow::Result<u64> {
    match store.get(&Path::from(LAST_CHECKPOINT)).await {
        Ok(found) => {
            let last: LastCheckpoint = serde_json::from_slice(&found.bytes().await?)?;
            Ok(last.version)
        }
        Err(ObjectStoreError::NotFound { .. }) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// The newest version in the log; `None` without one after `from`.
async fn newest_version(store: &dyn ObjectStore, from: u64) -> anyhow::Result<Option<u64>> {
    let offset = Path::from(format!("_delta_log/{from:020}"));
    let log = Path::from("_delta_log");
    let mut entries = store.list_with_offset(Some(&log), &offset);
    let mut newest = None;
    while let Some(entry) = entries.try_next().await? {
        newest = newest.max(entry.location.filename().and_then(commit_version));
    }
    Ok(newest)
}
