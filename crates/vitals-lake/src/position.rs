//! Where Kafka stands, according to the lake.
//!
//! Every commit carries one `txn` action per partition: the application id names cluster, topic
//! and partition, the version is the next offset to be read. Data and position are one commit,
//! so the table is the only truth about what was archived.

use std::collections::BTreeMap;

use anyhow::Context as _;
use deltalake::{DeltaTable, kernel::Transaction};
use futures::future::try_join_all;

use crate::table::Lake;

/// The partitions of one topic of one Kafka cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The cluster's id, which outlives its brokers.
    pub cluster: String,
    /// The topic.
    pub topic: String,
}

/// Next offset by partition.
pub type Positions = BTreeMap<i32, i64>;

impl Source {
    /// The application id of `partition`.
    #[must_use]
    pub fn app_id(&self, partition: i32) -> String {
        format!("{}/{}/{partition}", self.cluster, self.topic)
    }

    /// The actions that move the position of every partition to `next`.
    #[must_use]
    pub fn transactions(&self, next: &Positions) -> Vec<Transaction> {
        next.iter()
            .map(|(partition, offset)| Transaction::new(self.app_id(*partition), *offset))
            .collect()
    }

    /// The positions of `partitions` in the loaded version of `table`; a partition that was
    /// never archived has none.
    ///
    /// # Errors
    /// When the table's log can't be read in time.
    pub async fn positions(
        &self,
        lake: &Lake,
        table: &DeltaTable,
        partitions: &[i32],
    ) -> anyhow::Result<Positions> {
        let snapshot = table.snapshot().context("the table is not loaded")?;
        let log_store = table.log_store();
        let lookups = partitions.iter().map(|partition| {
            let log_store = log_store.clone();
            async move {
                let app_id = self.app_id(*partition);
                let version =
                    snapshot.snapshot().transaction_version(log_store.as_ref(), app_id).await?;
                Ok::<_, deltalake::DeltaTableError>((*partition, version))
            }
        });
        let found = lake.within("read the Kafka positions", try_join_all(lookups)).await?;
        Ok(found.into_iter().filter_map(|(partition, next)| Some((partition, next?))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_application_id_names_cluster_topic_and_partition() {
        let source = Source { cluster: "c1".to_owned(), topic: "vitals".to_owned() };
        assert_eq!(source.app_id(3), "c1/vitals/3");
        let next = Positions::from([(0, 10), (1, 20)]);
        let versions: Vec<i64> = source.transactions(&next).iter().map(|txn| txn.version).collect();
        assert_eq!(versions, [10, 20]);
    }
}
