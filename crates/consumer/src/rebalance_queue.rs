//! Rebalances, queued for the thread that answers them.
//!
//! librdkafka waits for the response, so that the thread can finish its work on a partition before
//! it gives the partition up.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use rdkafka::{
    TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _, ConsumerContext},
    types::RDKafkaRespErr,
};

/// A rebalance that the polling thread has to answer.
#[derive(Debug)]
pub(crate) enum Rebalance {
    /// The group assigns these partitions to this instance.
    Assign(TopicPartitionList),
    /// The group takes these partitions away.
    Revoke(TopicPartitionList),
}

/// The rebalances without a response.
#[derive(Debug, Default)]
pub(crate) struct RebalanceQueue {
    queue: Mutex<VecDeque<Rebalance>>,
    closing: AtomicBool,
    unassigned: AtomicBool,
}

impl RebalanceQueue {
    /// The oldest rebalance that has no response yet.
    pub(crate) fn next(&self) -> Option<Rebalance> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Hands rebalances over to the closing client: the polling thread answers none from now on.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// Queues a rebalance; for [`ConsumerContext::rebalance`].
    pub(crate) fn push<C: ConsumerContext>(
        &self,
        client: &BaseConsumer<C>,
        code: RDKafkaRespErr,
        partitions: &TopicPartitionList,
    ) {
        // While the client closes there are no more polls, and librdkafka waits for a response.
        if self.closing.load(Ordering::Acquire) {
            self.unassign_once(client);
            return;
        }
        // Only queued: librdkafka calls this within a poll, where the partitions' state is in use.
        let event = match code {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                Rebalance::Assign(partitions.clone())
            }
            _ => Rebalance::Revoke(partitions.clone()),
        };
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(event);
    }

    /// Unassigns every partition, once. A closing client takes the first response as the one for
    /// all partitions, and the group may end with it. A second rebalance that is already queued
    /// gets no response: a group that has ended drops the call, which then never returns.
    fn unassign_once<C: ConsumerContext>(&self, client: &BaseConsumer<C>) {
        if self.unassigned.swap(true, Ordering::AcqRel) || client.closed() {
            return;
        }
        if let Err(error) = client.unassign() {
            tracing::warn!(%error, "failed to unassign the partitions");
        }
    }
}
