//! A topic of a Kafka cluster, and the logs of its partitions that the lake has archived.

use deltalake::{DeltaTable, kernel::Transaction};
use vitals_core::domain::log_id::{FIRST_GENERATION, LogId};

use super::topic_log::{TopicLog, txn_versions};
use crate::table::Lake;

/// The archive's state of one partition, according to a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Archived {
    /// The partition was never archived.
    Never,
    /// The partition is archived up to `position` of `log`.
    At {
        /// The log's identity.
        log: LogId,
        /// The next offset to read.
        position: i64,
        /// The log's generation.
        generation: i64,
    },
    /// A log of this partition is archived, but it belongs to another cluster.
    OtherCluster {
        /// The generation of that log.
        generation: i64,
    },
}

/// A topic of a Kafka cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaSource {
    /// The cluster's id, which outlives its brokers.
    pub cluster: String,
    /// The topic.
    pub topic: String,
}

impl KafkaSource {
    /// The logs of a generation.
    #[must_use]
    pub fn log(&self, generation: i64) -> TopicLog {
        TopicLog { id: LogId::new(&self.cluster, generation), topic: self.topic.clone() }
    }

    /// The state of `partitions` in the loaded version of `table`, in their order.
    ///
    /// # Errors
    /// When the table's log can't be read in time.
    pub async fn archived(
        &self,
        lake: &Lake,
        table: &DeltaTable,
        partitions: &[i32],
    ) -> anyhow::Result<Vec<Archived>> {
        // The generation selects the log whose position counts, so it is looked up first.
        let generation_ids = partitions.iter().map(|partition| self.generation_id(*partition));
        let generations = txn_versions(lake, table, generation_ids).await?;
        let logs: Vec<TopicLog> = generations
            .iter()
            .map(|generation| self.log(generation.unwrap_or(FIRST_GENERATION)))
            .collect();
        let app_ids = logs.iter().zip(partitions).map(|(log, partition)| log.app_id(*partition));
        let positions = txn_versions(lake, table, app_ids).await?;
        let states = logs.into_iter().zip(generations).zip(positions);
        Ok(states
            .map(|((log, generation), position)| archived(log.id, generation, position))
            .collect())
    }

    /// The `txn` actions with which a log starts: its generation, and its first offset as the
    /// position.
    #[must_use]
    pub fn begin(&self, partition: i32, generation: i64, first: i64) -> [Transaction; 2] {
        [
            Transaction::new(self.generation_id(partition), generation),
            Transaction::new(self.log(generation).app_id(partition), first),
        ]
    }

    /// The application id of the `txn` action with the generation of a partition's log.
    fn generation_id(&self, partition: i32) -> String {
        format!("log/{}/{partition}", self.topic)
    }
}

fn archived(log: LogId, generation: Option<i64>, position: Option<i64>) -> Archived {
    match (generation, position) {
        (_, Some(position)) => {
            Archived::At { log, position, generation: generation.unwrap_or(FIRST_GENERATION) }
        }
        (Some(generation), None) => Archived::OtherCluster { generation },
        (None, None) => Archived::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_log_begins_with_its_generation_and_its_first_offset() {
        let source = KafkaSource { cluster: "c1".to_owned(), topic: "vitals".to_owned() };
        let [generation, position] = source.begin(3, 2, 40);
        assert_eq!((generation.app_id.as_str(), generation.version), ("log/vitals/3", 2));
        assert_eq!((position.app_id.as_str(), position.version), ("c1#2/vitals/3", 40));
    }
}
