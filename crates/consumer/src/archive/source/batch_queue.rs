//! Batched consumption through librdkafka's batch call.
//!
//! `rdkafka` does not wrap that call, and its one call and one event per message cost more than
//! parsing the message's JSON. The partition queues are therefore forwarded to one queue of our
//! own, which the batch call reads. Rebalances, statistics and client errors stay on the client's
//! own queue and arrive through [`Callbacks`](crate::archive::client::Callbacks) as usual. While the
//! queue is not read, librdkafka stops fetching once it is full, and the group keeps its member.
#![expect(unsafe_code, reason = "librdkafka's batch call and its messages")]

use std::{collections::HashMap, ffi::CString, ptr::NonNull, sync::Arc, time::Duration};

use anyhow::Context as _;
use rdkafka::{
    TopicPartitionList,
    bindings::{
        rd_kafka_consume_batch_queue, rd_kafka_message_destroy, rd_kafka_queue_destroy,
        rd_kafka_queue_forward, rd_kafka_queue_get_partition, rd_kafka_queue_length,
        rd_kafka_queue_new,
    },
    consumer::Consumer as _,
    types::{RDKafkaMessage, RDKafkaQueue},
};

use super::partition_run::PartitionRun;
use crate::archive::client::Client;

/// A queue of librdkafka. It must not outlive its client.
struct Queue(NonNull<RDKafkaQueue>);

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: the pointer came from librdkafka, is destroyed once, and `BatchQueue` keeps the
        // client alive for longer.
        unsafe { rd_kafka_queue_destroy(self.0.as_ptr()) }
    }
}

// SAFETY: librdkafka's queues have a lock of their own and may be used from any thread.
unsafe impl Send for Queue {}

/// Messages that are dropped at once.
const DISCARDED_MESSAGES: usize = 1024;

/// The queue that the messages of all assigned partitions are forwarded to.
pub(crate) struct BatchQueue {
    // Fields are dropped in this order: the client must be last.
    partitions: HashMap<i32, Queue>,
    queue: Queue,
    client: Arc<Client>,
}

impl BatchQueue {
    pub(crate) fn new(client: Arc<Client>) -> anyhow::Result<Self> {
        // SAFETY: the client is alive.
        let queue = unsafe { rd_kafka_queue_new(client.client().native_ptr()) };
        let queue = Queue(NonNull::new(queue).context("librdkafka created no batch queue")?);
        Ok(Self { partitions: HashMap::new(), queue, client })
    }

    /// Forwards the messages of `partitions` to this queue. Must be called before they are
    /// assigned, so that no message reaches the client's own queue.
    pub(crate) fn add(&mut self, partitions: &TopicPartitionList) -> anyhow::Result<()> {
        for element in partitions.elements() {
            let topic = CString::new(element.topic())?;
            let partition = element.partition();
            // SAFETY: the client is alive and the name ends with a zero.
            let queue = unsafe {
                let client = self.client.client().native_ptr();
                rd_kafka_queue_get_partition(client, topic.as_ptr(), partition)
            };
            let queue = NonNull::new(queue).context("librdkafka has no queue for a partition")?;
            self.partitions.insert(partition, Queue(queue));
        }
        self.forward_partitions();
        Ok(())
    }

    /// Drops the queues of revoked partitions.
    pub(crate) fn remove(&mut self, partitions: &TopicPartitionList) {
        for element in partitions.elements() {
            self.partitions.remove(&element.partition());
        }
    }

    /// Forwards every partition queue again. librdkafka ends the forwarding when it stops fetching
    /// a partition, which happens at some moment after the unassignment; by then the partition
    /// may be assigned again. Messages that arrive in between wait in the partition's own queue
    /// and are forwarded with it, in order.
    fn forward_partitions(&self) {
        for partition in self.partitions.values() {
            // SAFETY: both queues are alive.
            unsafe { rd_kafka_queue_forward(partition.0.as_ptr(), self.queue.0.as_ptr()) }
        }
    }

    /// The number of messages in the queue.
    pub(crate) fn queued_messages(&self) -> usize {
        // SAFETY: the queue is alive.
        unsafe { rd_kafka_queue_length(self.queue.0.as_ptr()) }
    }

    /// Drops the messages in the queue.
    pub(crate) fn discard(&self) {
        while !self.fetch(DISCARDED_MESSAGES, Duration::ZERO).messages.is_empty() {}
    }

    /// Takes up to `max_messages`. Waits at most `timeout` for that many to arrive.
    pub(crate) fn fetch(&self, max_messages: usize, timeout: Duration) -> Fetched {
        self.forward_partitions();
        let mut messages: Vec<*mut RDKafkaMessage> = Vec::with_capacity(max_messages);
        let timeout_ms = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: the queue is alive and the vector has room for `max_messages` pointers, of which
        // the call fills in as many as it returns.
        unsafe {
            let count = rd_kafka_consume_batch_queue(
                self.queue.0.as_ptr(),
                timeout_ms,
                messages.as_mut_ptr(),
                max_messages,
            );
            messages.set_len(usize::try_from(count).unwrap_or(0).min(max_messages));
        }
        Fetched { messages, _client: Arc::clone(&self.client) }
    }
}

/// The messages of one fetch, owned by this process. Dropping it returns them to librdkafka.
pub(crate) struct Fetched {
    messages: Vec<*mut RDKafkaMessage>,
    /// Keeps the client alive.
    _client: Arc<Client>,
}

impl Drop for Fetched {
    fn drop(&mut self) {
        // On this thread: the reference counts of librdkafka's buffers, topics and partitions would
        // pass from processor to processor with every message.
        for message in &self.messages {
            // SAFETY: the message is ours, is destroyed once, and its client is alive.
            unsafe { rd_kafka_message_destroy(*message) }
        }
    }
}

impl Fetched {
    /// The messages in order, grouped into runs of one partition.
    pub(crate) fn runs(&self) -> impl Iterator<Item = PartitionRun<'_>> {
        let runs = self.messages.chunk_by(|a, b| partition(*a) == partition(*b));
        runs.map(|messages| {
            let partition = messages.first().map_or(-1, |message| partition(*message));
            // SAFETY: the messages come from librdkafka, and live as long as `self`.
            unsafe { PartitionRun::new(partition, messages) }
        })
    }
}

/// The partition of a message that a [`Fetched`] owns.
fn partition(message: *mut RDKafkaMessage) -> i32 {
    // SAFETY: the messages are alive until their `Fetched` is dropped.
    unsafe { (*message).partition }
}
