//! All `txn` versions of a table, in one pass over its log.
//!
//! The library looks up one application id at a time and replays the log for each. This reads the
//! newest checkpoint's `txn` column and the commits after it once, for all ids. A reader that
//! keeps the result reads only the commits that are new.

use std::{collections::HashMap, sync::Arc};

use anyhow::{Context as _, bail};
use deltalake::{DeltaTable, ObjectStore, ObjectStoreError, Path, kernel::Transaction};
use futures::{StreamExt as _, TryStreamExt as _};
use serde::Deserialize;

use super::checkpoint::{checkpoint_transactions, newest_checkpoint};
use crate::table::Lake;

/// Commits that are read at the same time.
const CONCURRENT_READS: usize = 16;

/// The `txn` versions of a table's log, by application id.
#[derive(Debug, Clone, Default)]
pub struct Transactions {
    /// The table's version that was read; `None` before the first read.
    version: Option<u64>,
    by_id: HashMap<String, i64>,
}

/// A `txn` action in the log.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Txn {
    pub(super) app_id: String,
    pub(super) version: i64,
}

#[derive(Deserialize)]
struct Action {
    txn: Option<Txn>,
}

impl Transactions {
    /// The `txn` versions of the loaded version of `table`.
    ///
    /// # Errors
    /// When the table's log can't be read in time.
    pub async fn read(lake: &Lake, table: &DeltaTable) -> anyhow::Result<Self> {
        let version = table.version().context("the table is not loaded")?;
        let mut transactions = Self::default();
        transactions.update(lake, table, version).await?;
        Ok(transactions)
    }

    /// Reads the commits up to `version` of `table` that are not read yet. The table need not be
    /// loaded.
    ///
    /// # Errors
    /// When the table's log can't be read in time. The next update reads the whole log again.
    pub async fn update(
        &mut self,
        lake: &Lake,
        table: &DeltaTable,
        version: u64,
    ) -> anyhow::Result<()> {
        let before = std::mem::take(self);
        *self = lake.within("read the Kafka positions", before.updated(table, version)).await?;
        Ok(())
    }

    async fn updated(mut self, table: &DeltaTable, version: u64) -> anyhow::Result<Self> {
        let store = table.log_store().object_store(None);
        let read = match self.version {
            Some(read) if read <= version => self.read_commits(&store, read + 1, version).await?,
            _ => false,
        };
        // The log was cleaned up since the last read, so it is read from its checkpoint.
        if !read {
            self = Self::read_log(&store, version).await?;
        }
        self.version = Some(version);
        Ok(self)
    }

    /// Reads the log from the newest checkpoint on.
    async fn read_log(store: &Arc<dyn ObjectStore>, version: u64) -> anyhow::Result<Self> {
        let mut transactions = Self::default();
        let mut next = 0;
        if let Some(checkpoint) = newest_checkpoint(&**store, version).await? {
            transactions.add(checkpoint_transactions(store, &checkpoint).await?);
            next = checkpoint.version + 1;
        }
        if !transactions.read_commits(store, next, version).await? {
            bail!("the table's log lacks a commit between versions {next} and {version}");
        }
        Ok(transactions)
    }

    /// Reads the commits from `first` to `last`. Returns false if the log was cleaned up and lacks
    /// one of them.
    async fn read_commits(
        &mut self,
        store: &Arc<dyn ObjectStore>,
        first: u64,
        last: u64,
    ) -> anyhow::Result<bool> {
        let reads = (first..=last).map(|version| commit_transactions(store, version));
        let mut reads = futures::stream::iter(reads).buffered(CONCURRENT_READS);
        while let Some(found) = reads.try_next().await? {
            let Some(found) = found else { return Ok(false) };
            self.add(found);
        }
        Ok(true)
    }

    fn add(&mut self, found: Vec<Txn>) {
        self.by_id.extend(found.into_iter().map(|txn| (txn.app_id, txn.version)));
    }

    /// Adds the actions of a commit by this process, which made `version` of the table. If other
    /// commits came between, the next update reads them.
    pub fn committed(&mut self, version: u64, actions: &[Transaction]) {
        if Some(version) != self.version.map(|before| before + 1) {
            return;
        }
        let actions = actions.iter().map(|txn| (txn.app_id.clone(), txn.version));
        self.by_id.extend(actions);
        self.version = Some(version);
    }

    /// The `txn` versions of `actions`.
    #[cfg(test)]
    pub(crate) fn from_actions(actions: &[Transaction]) -> Self {
        let by_id = actions.iter().map(|txn| (txn.app_id.clone(), txn.version)).collect();
        Self { version: Some(0), by_id }
    }

    /// The version of an application id.
    #[must_use]
    pub fn get(&self, app_id: &str) -> Option<i64> {
        self.by_id.get(app_id).copied()
    }

    /// All application ids with their versions, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, i64)> {
        self.by_id.iter().map(|(app_id, version)| (app_id.as_str(), *version))
    }
}

/// The `txn` actions of one commit; `None` if the log does not have it.
async fn commit_transactions(
    store: &Arc<dyn ObjectStore>,
    version: u64,
) -> anyhow::Result<Option<Vec<Txn>>> {
    let path = Path::from(format!("_delta_log/{version:020}.json"));
    let found = match store.get_opts(&path, Default::default()).await {
        Ok(found) => found,
        Err(ObjectStoreError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    parse_actions(&found.bytes().await?).map(Some)
}

/// The `txn` actions among the actions of `json`, one a line.
pub(super) fn parse_actions(json: &[u8]) -> anyhow::Result<Vec<Txn>> {
    let mut found = Vec::new();
    for line in json.split(|byte| *byte == b'\n') {
        // Most lines are files, with statistics that need not be parsed.
        if !line.starts_with(br#"{"txn""#) {
            continue;
        }
        let action: Action = serde_json::from_slice(line).context("a txn action of the log")?;
        found.extend(action.txn);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        append,
        testing::{lake, open, topic_log},
    };

    fn position(partition: i32, next: i64) -> Vec<Transaction> {
        vec![Transaction::new(topic_log().app_id(partition), next)]
    }

    #[tokio::test]
    async fn one_pass_finds_every_version_before_and_after_a_checkpoint() {
        let dir = tempfile::tempdir().unwrap();
        let lake = lake(&dir);
        let mut table = open(&lake).await;
        let mut kept = Transactions::read(&lake, &table).await.unwrap();
        assert_eq!(kept.get(&topic_log().app_id(0)), None);
        for (partition, next) in [(0, 10), (1, 20), (0, 15)] {
            let moved = position(partition, next);
            append::commit(&mut table, "test", vec![], moved.clone()).await.unwrap();
            kept.committed(table.version().unwrap(), &moved);
        }
        deltalake::checkpoints::create_checkpoint(&table, None).await.unwrap();
        append::commit(&mut table, "test", vec![], position(7, 70)).await.unwrap();
        let expected = [(0, Some(15)), (1, Some(20)), (7, Some(70)), (8, None)];
        let read = Transactions::read(&lake, &table).await.unwrap();
        kept.update(&lake, &table, table.version().unwrap()).await.unwrap();
        for (partition, next) in expected {
            let app_id = topic_log().app_id(partition);
            assert_eq!((read.get(&app_id), kept.get(&app_id)), (next, next), "{partition}");
        }
    }
}
