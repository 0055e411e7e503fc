//! What librdkafka tells the client: rebalances, errors, statistics.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use rdkafka::{
    ClientContext, Statistics, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _, ConsumerContext},
    error::KafkaError,
    types::{RDKafkaErrorCode, RDKafkaRespErr},
};
use vitals_core::runtime::readiness::Readiness;

use super::{board::Board, lag};

/// A change of the assignment that the polling thread has to answer.
#[derive(Debug)]
pub(crate) enum Rebalance {
    /// These partitions are ours from now on.
    Assign(TopicPartitionList),
    /// These partitions go to another member.
    Revoke(TopicPartitionList),
}

/// Keeps rebalances for the polling thread. librdkafka waits for the answer, so the thread can
/// commit what it has of a partition before it lets go of it.
pub(crate) struct Context {
    readiness: Readiness,
    board: Board,
    rebalances: Mutex<VecDeque<Rebalance>>,
    closing: AtomicBool,
    assigned: AtomicBool,
    down: AtomicBool,
}

impl Context {
    pub(crate) fn new(readiness: Readiness, board: Board) -> Self {
        Self {
            readiness,
            board,
            rebalances: Mutex::default(),
            closing: AtomicBool::new(false),
            assigned: AtomicBool::new(false),
            down: AtomicBool::new(false),
        }
    }

    /// The next rebalance that was not answered.
    pub(crate) fn next_rebalance(&self) -> Option<Rebalance> {
        self.rebalances.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// The group has given this instance its partitions.
    pub(crate) fn assigned(&self) {
        self.assigned.store(true, Ordering::Release);
        self.readiness.met("kafka");
    }

    /// From now on nobody takes rebalances: they are answered at once, or closing would hang.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }
}

impl ClientContext for Context {
    fn stats(&self, statistics: Statistics) {
        let up = statistics.brokers.values().any(|broker| broker.state == "UP");
        if up && self.down.swap(false, Ordering::AcqRel) {
            tracing::info!("a broker answers again");
        }
        if up && self.assigned.load(Ordering::Acquire) {
            self.readiness.met("kafka");
        }
        lag::report(&statistics, &self.board);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // librdkafka says it again with every attempt to connect; that it has begun is enough.
        let down = error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown);
        if down && !self.down.swap(true, Ordering::AcqRel) {
            self.readiness.missing("kafka", "no broker answers");
            tracing::warn!(kafka.reason = reason, "no broker answers");
        } else {
            tracing::debug!(kafka.error = %error, kafka.reason = reason, "Kafka client");
        }
    }
}

impl ConsumerContext for Context {
    fn rebalance(
        &self,
        client: &BaseConsumer<Self>,
        code: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let event = match code {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                Rebalance::Assign(partitions.clone())
            }
            _ => Rebalance::Revoke(partitions.clone()),
        };
        if self.closing.load(Ordering::Acquire) {
            // librdkafka drops this call without an answer when the group has terminated meanwhile.
            // Then the service ends after its grace, with an error and nothing lost.
            if let Err(error) = client.unassign() {
                tracing::warn!(%error, "can't give the partitions back");
            }
            return;
        }
        self.rebalances.lock().unwrap_or_else(PoisonError::into_inner).push_back(event);
    }
}
