//! The positions of one topic's partitions in one log.

use std::collections::BTreeMap;

use anyhow::Context as _;
use deltalake::{DeltaTable, kernel::Transaction};
use futures::future::try_join_all;
use vitals_core::domain::log_id::LogId;

use crate::table::Lake;

/// The next offset to read, by partition.
pub type Positions = BTreeMap<i32, i64>;

/// The partitions of a topic whose logs have the same identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicLog {
    /// The logs' identity.
    pub id: LogId,
    /// The topic.
    pub topic: String,
}

impl TopicLog {
    /// The application id of the `txn` action with the position of `partition`.
    #[must_use]
    pub fn app_id(&self, partition: i32) -> String {
        format!("{}/{}/{partition}", self.id, self.topic)
    }

    /// The `txn` actions that move each partition's position to `next`.
    #[must_use]
    pub fn transactions(&self, next: &Positions) -> Vec<Transaction> {
        next.iter()
            .map(|(partition, offset)| Transaction::new(self.app_id(*partition), *offset))
            .collect()
    }

    /// The positions of `partitions` in the loaded version of `table`. A partition that was never
    /// archived is missing from the result.
    ///
    /// # Errors
    /// When the table's log can't be read in time.
    pub async fn positions(
        &self,
        lake: &Lake,
        table: &DeltaTable,
        partitions: &[i32],
    ) -> anyhow::Result<Positions> {
        let app_ids = partitions.iter().map(|partition| self.app_id(*partition));
        let found = txn_versions(lake, table, app_ids).await?;
        Ok(partitions
            .iter()
            .zip(found)
            .filter_map(|(partition, next)| Some((*partition, next?)))
            .collect())
    }
}

/// The `txn` versions of application ids in the loaded version of `table`, in their order.
///
/// # Errors
/// When the table's log can't be read in time.
pub async fn txn_versions(
    lake: &Lake,
    table: &DeltaTable,
    app_ids: impl Iterator<Item = String>,
) -> anyhow::Result<Vec<Option<i64>>> {
    let snapshot = table.snapshot().context("the table is not loaded")?;
    let log_store = table.log_store();
    let lookups = app_ids.map(|app_id| {
        let log_store = log_store.clone();
        async move { snapshot.snapshot().transaction_version(log_store.as_ref(), app_id).await }
    });
    lake.within("read the Kafka positions", try_join_all(lookups)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_application_id_names_cluster_topic_and_partition() {
        let log = TopicLog { id: LogId::new("c1", 1), topic: "vitals".to_owned() };
        assert_eq!(log.app_id(3), "c1/vitals/3");
        let next = Positions::from([(0, 10), (1, 20)]);
        let versions: Vec<i64> = log.transactions(&next).iter().map(|txn| txn.version).collect();
        assert_eq!(versions, [10, 20]);
    }
}
