//! A topic of a Kafka cluster, and the logs of its partitions that the lake has archived.

use deltalake::kernel::Transaction;
use vitals_core::domain::log_id::{FIRST_GENERATION, LogId};

use super::{last_message::LastMessage, topic_log::TopicLog, transactions::Transactions};

/// The archive's state of one partition, according to a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Archived {
    /// The partition was never archived.
    Never,
    /// The partition is archived up to a position of a log.
    At(ArchivedLog),
    /// A log of this partition is archived, but it belongs to another cluster.
    OtherCluster {
        /// The generation of that log.
        generation: i64,
    },
}

/// The log that is archived of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedLog {
    /// The log's identity.
    pub log: LogId,
    /// The log's generation.
    pub generation: i64,
    /// The next offset to read.
    pub position: i64,
    /// The last archived message, if it is known.
    pub last: Option<LastMessage>,
    /// The time at which the partition was stopped, milliseconds since the epoch. It stays stopped
    /// until an operator accepts another log.
    pub stopped_ms: Option<i64>,
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

    /// The state of a partition.
    #[must_use]
    pub fn archived(&self, transactions: &Transactions, partition: i32) -> Archived {
        // The generation selects the log whose position counts.
        let recorded = transactions.get(&self.generation_id(partition));
        let generation = recorded.unwrap_or(FIRST_GENERATION);
        let log = self.log(generation);
        match (log.position(transactions, partition), recorded) {
            (Some(position), _) => Archived::At(ArchivedLog {
                last: log.last_message(transactions, partition),
                stopped_ms: log.stopped_ms(transactions, partition),
                log: log.id,
                generation,
                position,
            }),
            (None, Some(generation)) => Archived::OtherCluster { generation },
            (None, None) => Archived::Never,
        }
    }

    /// The `txn` actions with which a log starts: its generation, the start of its coverage, and
    /// its first offset as the position.
    #[must_use]
    pub fn begin(&self, partition: i32, generation: i64, first: i64) -> [Transaction; 3] {
        let [begin, position] = self.log(generation).begun(partition, first);
        [Transaction::new(self.generation_id(partition), generation), begin, position]
    }

    /// The application id of the `txn` action with the generation of a partition's log.
    fn generation_id(&self, partition: i32) -> String {
        format!("log/{}/{partition}", self.topic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_log_begins_with_its_generation_and_its_first_offset() {
        let source = KafkaSource { cluster: "c1".to_owned(), topic: "vitals".to_owned() };
        let [generation, begin, position] = source.begin(3, 2, 40);
        assert_eq!((generation.app_id.as_str(), generation.version), ("log/vitals/3", 2));
        assert_eq!((begin.app_id.as_str(), begin.version), ("begin/c1#2/vitals/3", 40));
        assert_eq!((position.app_id.as_str(), position.version), ("c1#2/vitals/3", 40));
    }

    #[test]
    fn a_stop_lasts_until_another_log_begins() {
        let source = KafkaSource { cluster: "c1".to_owned(), topic: "vitals".to_owned() };
        let mut actions = source.begin(3, 1, 0).to_vec();
        actions.extend(source.log(1).moved(3, 150, None));
        actions.push(source.log(1).stopped(3, 7));
        let stopped_ms = |actions: &[Transaction]| match source
            .archived(&Transactions::from_actions(actions), 3)
        {
            Archived::At(log) => log.stopped_ms,
            other => panic!("{other:?}"),
        };
        assert_eq!(stopped_ms(&actions), Some(7));
        actions.extend(source.begin(3, 2, 0));
        assert_eq!(stopped_ms(&actions), None);
    }
}
