//! Batched consumption through librdkafka's batch call.
//!
//! `rdkafka` does not wrap that call, and its one call and one event per message cost more than
//! parsing the message's JSON. The partition queues are therefore forwarded to one queue of our
//! own, which the batch call reads. Rebalances, statistics and client errors stay on the client's
//! own queue and arrive through [`Callbacks`](crate::archive::client::Callbacks) as usual. While the
//! queue is not read, librdkafka stops fetching once it is full, and the group keeps its member.
#![expect(unsafe_code, reason = "librdkafka's batch call and its messages")]

use std::{
    collections::HashMap,
    ffi::CString,
    ptr::NonNull,
    sync::{
        Arc,
        mpsc::{SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

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

/// Capacity of the reaper's channel, in fetches.
const REAPER_CAPACITY: usize = 8;

/// Frees consumed messages on a thread of its own. Freeing takes a tenth of the polling thread's
/// time, and the polling thread is the bottleneck of the archive.
struct MessageReaper {
    messages: Option<SyncSender<OwnedMessages>>,
    thread: Option<JoinHandle<()>>,
}

impl MessageReaper {
    fn start() -> anyhow::Result<Self> {
        let (sender, receiver) = sync_channel::<OwnedMessages>(REAPER_CAPACITY);
        let thread = thread::Builder::new()
            .name("message reaper".to_owned())
            .spawn(move || receiver.into_iter().for_each(drop))
            .context("failed to start the message reaper thread")?;
        Ok(Self { messages: Some(sender), thread: Some(thread) })
    }
}

impl Drop for MessageReaper {
    fn drop(&mut self) {
        // Closing the channel ends the thread.
        drop(self.messages.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the message reaper thread panicked");
        }
    }
}

/// The queue that the messages of all assigned partitions are forwarded to.
pub(crate) struct BatchQueue {
    // Fields are dropped in this order: the client must be last.
    partitions: HashMap<i32, Queue>,
    queue: Queue,
    reaper: MessageReaper,
    client: Arc<Client>,
}

impl BatchQueue {
    pub(crate) fn new(client: Arc<Client>) -> anyhow::Result<Self> {
        // SAFETY: the client is alive.
        let queue = unsafe { rd_kafka_queue_new(client.client().native_ptr()) };
        let queue = Queue(NonNull::new(queue).context("librdkafka created no batch queue")?);
        Ok(Self { partitions: HashMap::new(), queue, reaper: MessageReaper::start()?, client })
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
        let client = Arc::clone(&self.client);
        Fetched { messages, client, reaper: self.reaper.messages.clone() }
    }
}

/// Messages owned by this process. Dropping it returns them to librdkafka.
struct OwnedMessages(
    Vec<*mut RDKafkaMessage>,
    #[expect(dead_code, reason = "keeps the client alive")] Arc<Client>,
);

// SAFETY: a message belongs to the thread that took it from the queue and may be passed on;
// librdkafka's reference counts are atomic.
unsafe impl Send for OwnedMessages {}

impl Drop for OwnedMessages {
    fn drop(&mut self) {
        for message in &self.0 {
            // SAFETY: the message is ours, is destroyed once, and its client is alive.
            unsafe { rd_kafka_message_destroy(*message) }
        }
    }
}

/// The messages of one fetch. Dropping it hands them to the reaper.
pub(crate) struct Fetched {
    messages: Vec<*mut RDKafkaMessage>,
    client: Arc<Client>,
    reaper: Option<SyncSender<OwnedMessages>>,
}

impl Drop for Fetched {
    fn drop(&mut self) {
        if self.messages.is_empty() {
            return;
        }
        let messages = OwnedMessages(std::mem::take(&mut self.messages), Arc::clone(&self.client));
        if let Some(reaper) = &self.reaper {
            // If the reaper has ended, the error drops the messages here.
            let _ended = reaper.send(messages);
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
