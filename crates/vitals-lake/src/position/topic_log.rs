//! The positions of one topic's partitions in one log.

use std::collections::BTreeMap;

use deltalake::kernel::Transaction;
use vitals_core::domain::log_id::LogId;

use super::{
    kafka_source::{Archived, KafkaSource},
    last_message::LastMessage,
    transactions::Transactions,
};

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

    /// The application id of the first offset that the archive covers.
    fn begin_id(&self, partition: i32) -> String {
        format!("begin/{}", self.app_id(partition))
    }

    /// The application id of the last archived message.
    fn last_message_id(&self, partition: i32) -> String {
        format!("last/{}", self.app_id(partition))
    }

    /// The application id of a stop.
    fn stop_id(&self, partition: i32) -> String {
        format!("stopped/{}", self.app_id(partition))
    }

    /// The `txn` actions that move a partition's position to `next`, behind the message `last`.
    #[must_use]
    pub fn moved(&self, partition: i32, next: i64, last: Option<LastMessage>) -> [Transaction; 2] {
        let last = LastMessage::encode(last, next);
        [
            Transaction::new(self.app_id(partition), next),
            Transaction::new(self.last_message_id(partition), last),
        ]
    }

    /// The `txn` actions with which a log starts: its first offset as the start of its coverage
    /// and as the position.
    #[must_use]
    pub fn begun(&self, partition: i32, first: i64) -> [Transaction; 2] {
        [self.covered_from(partition, first), Transaction::new(self.app_id(partition), first)]
    }

    /// The `txn` action with which the coverage of a partition starts at `first` from now on.
    #[must_use]
    pub(crate) fn covered_from(&self, partition: i32, first: i64) -> Transaction {
        Transaction::new(self.begin_id(partition), first)
    }

    /// The `txn` action that stops a partition at `now_ms`. No action undoes it: a decision starts
    /// another log.
    #[must_use]
    pub fn stopped(&self, partition: i32, now_ms: i64) -> Transaction {
        Transaction::new(self.stop_id(partition), now_ms)
    }

    /// The position of `partition`; `None` if it was never archived.
    #[must_use]
    pub fn position(&self, transactions: &Transactions, partition: i32) -> Option<i64> {
        transactions.get(&self.app_id(partition))
    }

    /// The positions of `partitions`. A partition that was never archived is missing.
    #[must_use]
    pub fn positions(&self, transactions: &Transactions, partitions: &[i32]) -> Positions {
        let found = partitions
            .iter()
            .filter_map(|partition| Some((*partition, self.position(transactions, *partition)?)));
        found.collect()
    }

    /// The first offset that the archive covers; `None` for a log that began before it was
    /// recorded.
    #[must_use]
    pub fn begin(&self, transactions: &Transactions, partition: i32) -> Option<i64> {
        transactions.get(&self.begin_id(partition))
    }

    /// The last archived message, if it is known.
    #[must_use]
    pub fn last_message(&self, transactions: &Transactions, partition: i32) -> Option<LastMessage> {
        let next = self.position(transactions, partition)?;
        LastMessage::decode(transactions.get(&self.last_message_id(partition))?, next)
    }

    /// Returns true if the partition is stopped and no other log was accepted since.
    #[must_use]
    pub fn is_stopped(&self, transactions: &Transactions, partition: i32) -> bool {
        let source =
            KafkaSource { cluster: self.id.cluster().to_owned(), topic: self.topic.clone() };
        match source.archived(transactions, partition) {
            Archived::At(current) => current.log == self.id && current.stopped_ms.is_some(),
            Archived::Never | Archived::OtherCluster { .. } => false,
        }
    }

    /// The time at which the partition was stopped, milliseconds since the epoch; `None` if it
    /// never was.
    #[must_use]
    pub fn stopped_ms(&self, transactions: &Transactions, partition: i32) -> Option<i64> {
        transactions.get(&self.stop_id(partition))
    }
}

/// All positions of `topic`, by log and partition.
#[must_use]
pub fn all_positions(transactions: &Transactions, topic: &str) -> BTreeMap<(LogId, i32), i64> {
    let mut found = BTreeMap::new();
    for (app_id, next) in transactions.iter() {
        let Some((rest, partition)) = app_id.rsplit_once('/') else { continue };
        let Some((log, of_topic)) = rest.rsplit_once('/') else { continue };
        let Ok(partition) = partition.parse() else { continue };
        // A log's identity has no slash. `log` is the prefix of the generations.
        if of_topic == topic && log != "log" && !log.contains('/') {
            found.insert((LogId::from(log.to_owned()), partition), next);
        }
    }
    found
}

/// The positions of the partitions of `topic`, in the log that is archived at present. A partition that is
/// stopped is missing: none of its later messages is archived.
#[must_use]
pub fn current_positions(transactions: &Transactions, topic: &str) -> Positions {
    let mut found = Positions::new();
    for ((log, partition), position) in all_positions(transactions, topic) {
        let source = KafkaSource { cluster: log.cluster().to_owned(), topic: topic.to_owned() };
        if let Archived::At(current) = source.archived(transactions, partition)
            && current.log == log
            && current.stopped_ms.is_none()
        {
            found.insert(partition, position);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_application_id_names_cluster_topic_and_partition() {
        let log = TopicLog { id: LogId::new("c1", 1), topic: "vitals".to_owned() };
        assert_eq!(log.app_id(3), "c1/vitals/3");
        let [position, last] = log.moved(3, 10, Some(LastMessage { offset: 8, fingerprint: 5 }));
        assert_eq!((position.app_id.as_str(), position.version), ("c1/vitals/3", 10));
        assert_eq!((last.app_id.as_str(), last.version), ("last/c1/vitals/3", (2 << 32) | 5));
    }

    #[test]
    fn every_position_is_found_among_the_other_actions() {
        let log = TopicLog { id: LogId::new("c1", 2), topic: "vitals".to_owned() };
        let mut actions = vec![
            Transaction::new("log/vitals/3".to_owned(), 2),
            Transaction::new("c1/predictions/3".to_owned(), 8),
            Transaction::new("vitals/rewrite".to_owned(), 9),
            log.stopped(3, 7),
        ];
        actions.extend(log.begun(3, 40));
        actions.extend(log.moved(3, 41, None));
        let transactions = Transactions::from_actions(&actions);
        let expected = BTreeMap::from([((LogId::new("c1", 2), 3), 41)]);
        assert_eq!(all_positions(&transactions, "vitals"), expected);
        assert_eq!(log.begin(&transactions, 3), Some(40));
        assert_eq!(log.stopped_ms(&transactions, 3), Some(7));
        assert_eq!(log.last_message(&transactions, 3), None);
    }

    #[test]
    fn the_current_positions_are_those_of_the_accepted_logs_that_are_read() {
        let source = KafkaSource { cluster: "c1".to_owned(), topic: "vitals".to_owned() };
        let mut actions = source.begin(3, 1, 0).to_vec();
        actions.extend(source.begin(4, 1, 7));
        actions.extend(source.log(1).moved(3, 150, None));
        let positions =
            |actions: &[_]| current_positions(&Transactions::from_actions(actions), "vitals");
        assert_eq!(positions(&actions), Positions::from([(3, 150), (4, 7)]));
        actions.push(source.log(1).stopped(3, 7));
        assert_eq!(positions(&actions), Positions::from([(4, 7)]));
        actions.extend(source.begin(3, 2, 5));
        assert_eq!(positions(&actions), Positions::from([(3, 5), (4, 7)]));
    }
}
