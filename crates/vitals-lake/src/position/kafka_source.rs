//! Where Kafka stands, according to the lake.
//!
//! Every commit carries one `txn` action per partition: the application id names cluster, topic
//! and partition, the version is the next offset to be read. Data and position are one commit,
//! so the table is the only truth about what was archived.
//!
//! A partition's log is named by the cluster's id. When the log was recreated and somebody has
//! accepted the new one, its name is `<cluster>#<generation>`: its positions begin anew, and rows
//! of the two are told apart by their column `kafka_cluster`. The generation is the version of
//! one more `txn` action per partition, `log/<topic>/<partition>`.

use std::collections::BTreeMap;

use anyhow::Context as _;
use deltalake::{DeltaTable, kernel::Transaction};
use futures::future::try_join_all;

use crate::table::Lake;

/// The generation of a log that was never recreated.
const FIRST: i64 = 1;

/// What the table knows of one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Archived {
    /// Nothing.
    Never,
    /// It stands at `position` of `log`.
    At {
        /// The log's name, as in column `kafka_cluster`.
        log: String,
        /// The next offset.
        position: i64,
        /// The log's generation.
        generation: i64,
    },
    /// It knows a log of this partition, but of another cluster.
    Elsewhere {
        /// The generation of that log.
        generation: i64,
    },
}

/// The partitions of one topic of one Kafka cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The cluster's id, which outlives its brokers; for a log that was accepted as a new one
    /// with its generation behind it, see [`log`].
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
        let app_ids = partitions.iter().map(|partition| self.app_id(*partition));
        let found = versions(lake, table, app_ids).await?;
        Ok(partitions
            .iter()
            .zip(found)
            .filter_map(|(partition, next)| Some((*partition, next?)))
            .collect())
    }

    /// What the loaded version of `table` knows of `partitions`, in their order.
    ///
    /// # Errors
    /// When the table's log can't be read in time.
    pub async fn archived(
        &self,
        lake: &Lake,
        table: &DeltaTable,
        partitions: &[i32],
    ) -> anyhow::Result<Vec<Archived>> {
        let marks = partitions.iter().map(|partition| self.mark(*partition));
        let generations = versions(lake, table, marks).await?;
        let logs = generations.iter().map(|known| log(&self.cluster, known.unwrap_or(FIRST)));
        let logs: Vec<Self> =
            logs.map(|cluster| Self { cluster, topic: self.topic.clone() }).collect();
        let app_ids = logs.iter().zip(partitions).map(|(log, partition)| log.app_id(*partition));
        let positions = versions(lake, table, app_ids).await?;
        let found = logs.into_iter().zip(generations).zip(positions);
        Ok(found
            .map(|((log, generation), position)| match (generation, position) {
                (_, Some(position)) => {
                    let generation = generation.unwrap_or(FIRST);
                    Archived::At { log: log.cluster, position, generation }
                }
                (Some(generation), None) => Archived::Elsewhere { generation },
                (None, None) => Archived::Never,
            })
            .collect())
    }

    /// The actions that let a log begin: its generation, and its first offset as the position.
    #[must_use]
    pub fn begin(&self, partition: i32, generation: i64, first: i64) -> [Transaction; 2] {
        let cluster = log(&self.cluster, generation);
        let log = Self { cluster, topic: self.topic.clone() };
        [
            Transaction::new(self.mark(partition), generation),
            Transaction::new(log.app_id(partition), first),
        ]
    }

    /// The application id that has the generation of a partition's log.
    fn mark(&self, partition: i32) -> String {
        format!("log/{}/{partition}", self.topic)
    }
}

/// The name of a cluster's log in a generation.
#[must_use]
pub fn log(cluster: &str, generation: i64) -> String {
    if generation <= FIRST { cluster.to_owned() } else { format!("{cluster}#{generation}") }
}

/// The versions that the loaded version of `table` has for application ids, in their order.
///
/// # Errors
/// When the table's log can't be read in time.
pub async fn versions(
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
        let source = Source { cluster: "c1".to_owned(), topic: "vitals".to_owned() };
        assert_eq!(source.app_id(3), "c1/vitals/3");
        let next = Positions::from([(0, 10), (1, 20)]);
        let versions: Vec<i64> = source.transactions(&next).iter().map(|txn| txn.version).collect();
        assert_eq!(versions, [10, 20]);
    }

    #[test]
    fn a_log_that_was_accepted_has_its_generation_in_its_name() {
        assert_eq!([log("c1", 1), log("c1", 2)], ["c1", "c1#2"]);
        let source = Source { cluster: "c1".to_owned(), topic: "vitals".to_owned() };
        let [mark, position] = source.begin(3, 2, 40);
        assert_eq!((mark.app_id.as_str(), mark.version), ("log/vitals/3", 2));
        assert_eq!((position.app_id.as_str(), position.version), ("c1#2/vitals/3", 40));
    }
}
