//! Messages from Kafka, many with one call.
//!
//! librdkafka has a batch call that `rdkafka` does not wrap; a call and an event for every
//! message cost more than reading its JSON. The partitions' messages are led to a queue of our
//! own, which is read by that call. Rebalances, statistics and errors of the client stay on the
//! client's queue and come through [`Context`](super::callbacks::Context) as ever. While nothing is taken from the
//! queue, librdkafka stops to fetch when it is full, and the membership in the group lives on.
#![expect(unsafe_code, reason = "librdkafka's batch call and its messages")]

use std::{
    collections::HashMap,
    ffi::CString,
    ptr,
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
        rd_kafka_consume_batch_queue, rd_kafka_message_destroy, rd_kafka_message_timestamp,
        rd_kafka_queue_destroy, rd_kafka_queue_forward, rd_kafka_queue_get_partition,
        rd_kafka_queue_new, rd_kafka_timestamp_type_t,
    },
    consumer::Consumer as _,
    error::KafkaError,
    types::{RDKafkaMessage, RDKafkaQueue, RDKafkaRespErr},
};

use crate::archive::source::callbacks::Client;

/// One queue of librdkafka, which lives as long as its client at the longest.
struct Queue(ptr::NonNull<RDKafkaQueue>);

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: the pointer came from librdkafka, is destroyed once, and `FetchQueue` keeps the
        // client alive for longer.
        unsafe { rd_kafka_queue_destroy(self.0.as_ptr()) }
    }
}

// SAFETY: librdkafka's queues lock themselves and may be used from any thread.
unsafe impl Send for Queue {}

/// Batches of messages that may wait to be given back.
const SPENT: usize = 8;

/// Gives messages back to librdkafka, on a thread of its own: freeing each takes a tenth of the
/// polling thread's time, and that thread is the one that everything waits for.
struct MessageReaper {
    spent: Option<SyncSender<Messages>>,
    thread: Option<JoinHandle<()>>,
}

impl MessageReaper {
    fn start() -> anyhow::Result<Self> {
        let (sender, receiver) = sync_channel::<Messages>(SPENT);
        let thread = thread::Builder::new()
            .name("give back".to_owned())
            .spawn(move || receiver.into_iter().for_each(drop))
            .context("no thread to give messages back")?;
        Ok(Self { spent: Some(sender), thread: Some(thread) })
    }
}

impl Drop for MessageReaper {
    fn drop(&mut self) {
        drop(self.spent.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that gives messages back panicked");
        }
    }
}

/// Where the messages of all our partitions arrive.
pub(crate) struct FetchQueue {
    // Fields are dropped in this order: the client must be last.
    partitions: HashMap<i32, Queue>,
    queue: Queue,
    give_back: MessageReaper,
    client: Arc<Client>,
}

impl FetchQueue {
    pub(crate) fn new(client: Arc<Client>) -> anyhow::Result<Self> {
        // SAFETY: the client is alive.
        let queue = unsafe { rd_kafka_queue_new(client.client().native_ptr()) };
        let queue = Queue(ptr::NonNull::new(queue).context("no queue for messages")?);
        Ok(Self { partitions: HashMap::new(), queue, give_back: MessageReaper::start()?, client })
    }

    /// Leads the messages of `partitions` here. Call it before they are assigned, so that none
    /// goes to the client's queue.
    pub(crate) fn adopt(&mut self, partitions: &TopicPartitionList) -> anyhow::Result<()> {
        for element in partitions.elements() {
            let (topic, partition) = (CString::new(element.topic())?, element.partition());
            // SAFETY: the client is alive and the name ends with a zero.
            let queue = unsafe {
                let client = self.client.client().native_ptr();
                rd_kafka_queue_get_partition(client, topic.as_ptr(), partition)
            };
            let queue = Queue(ptr::NonNull::new(queue).context("no queue for a partition")?);
            self.partitions.insert(partition, queue);
        }
        self.lead_here();
        Ok(())
    }

    /// `partitions` are no longer ours.
    pub(crate) fn release(&mut self, partitions: &TopicPartitionList) {
        for element in partitions.elements() {
            self.partitions.remove(&element.partition());
        }
    }

    /// librdkafka stops leading a partition's messages elsewhere when it stops fetching it, at
    /// some moment after it was unassigned; by then it may be assigned again. Messages that came
    /// meanwhile stand in the partition's own queue and move along, in order.
    fn lead_here(&self) {
        for partition in self.partitions.values() {
            // SAFETY: both queues are alive.
            unsafe { rd_kafka_queue_forward(partition.0.as_ptr(), self.queue.0.as_ptr()) }
        }
    }

    /// Up to `most` messages; waits no longer than `wait` until there are so many.
    pub(crate) fn fetch(&self, most: usize, wait: Duration) -> Fetched {
        self.lead_here();
        let mut messages: Vec<*mut RDKafkaMessage> = Vec::with_capacity(most);
        let wait_ms = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: the queue is alive and the vector has room for `most` pointers, of which the
        // call fills in as many as it returns.
        unsafe {
            let queue = self.queue.0.as_ptr();
            let count = rd_kafka_consume_batch_queue(queue, wait_ms, messages.as_mut_ptr(), most);
            messages.set_len(usize::try_from(count).unwrap_or(0).min(most));
        }
        let client = Arc::clone(&self.client);
        Fetched { messages, client, spent: self.give_back.spent.clone() }
    }
}

/// Messages of librdkafka; they go back to it when this is dropped.
struct Messages(
    Vec<*mut RDKafkaMessage>,
    #[expect(dead_code, reason = "is kept alive")] Arc<Client>,
);

// SAFETY: a message belongs to whoever took it from the queue, on whichever thread; what librdkafka
// counts of it is counted atomically.
unsafe impl Send for Messages {}

impl Drop for Messages {
    fn drop(&mut self) {
        for message in &self.0 {
            // SAFETY: the message is ours, is destroyed once, and its client is alive.
            unsafe { rd_kafka_message_destroy(*message) }
        }
    }
}

/// Messages that were taken from the queue, until this is dropped.
pub(crate) struct Fetched {
    messages: Vec<*mut RDKafkaMessage>,
    client: Arc<Client>,
    spent: Option<SyncSender<Messages>>,
}

impl Drop for Fetched {
    fn drop(&mut self) {
        if self.messages.is_empty() {
            return;
        }
        let messages = Messages(std::mem::take(&mut self.messages), Arc::clone(&self.client));
        // Without that thread they are given back here.
        let _ = self.spent.as_ref().map(|spent| spent.send(messages));
    }
}

impl Fetched {
    /// The messages in order, in runs of one partition.
    pub(crate) fn runs(&self) -> impl Iterator<Item = Run<'_>> {
        // SAFETY: the messages are alive until `self` is dropped.
        let partition = |message: &*mut RDKafkaMessage| unsafe { (**message).partition };
        self.messages.chunk_by(move |a, b| partition(a) == partition(b)).map(move |messages| Run {
            partition: messages.first().map_or(-1, partition),
            messages,
        })
    }
}

/// Messages of one partition that follow each other.
pub(crate) struct Run<'a> {
    pub(crate) partition: i32,
    messages: &'a [*mut RDKafkaMessage],
}

impl<'a> Run<'a> {
    /// The messages, or errors that arrived in their place.
    pub(crate) fn messages(&self) -> impl Iterator<Item = Result<Message<'a>, KafkaError>> {
        // SAFETY: the pointers come from librdkafka and are alive for 'a; only `Fetched`
        // destroys them.
        self.messages.iter().map(|message| unsafe { Message::from_ptr(*message) })
    }
}

/// One message, which borrows from librdkafka.
pub(crate) struct Message<'a> {
    pub(crate) offset: i64,
    /// The time that Kafka gave it, ms since the epoch.
    pub(crate) time_ms: Option<i64>,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) payload: Option<&'a [u8]>,
}

impl Message<'_> {
    /// # Safety
    /// `message` must be alive for as long as what is returned.
    unsafe fn from_ptr(message: *mut RDKafkaMessage) -> Result<Self, KafkaError> {
        // SAFETY: the caller's promise.
        let found = unsafe { &*message };
        if found.err != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            return Err(KafkaError::MessageConsumption(found.err.into()));
        }
        let mut kind = rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the caller's promise.
        let time_ms = unsafe { rd_kafka_message_timestamp(message, &raw mut kind) };
        // SAFETY: librdkafka gives a pointer with the length of what it points to, or null.
        let bytes = |start: *mut std::ffi::c_void, length: usize| {
            (!start.is_null()).then(|| unsafe { std::slice::from_raw_parts(start.cast(), length) })
        };
        Ok(Self {
            offset: found.offset,
            time_ms: (time_ms >= 0).then_some(time_ms),
            key: bytes(found.key, found.key_len),
            payload: bytes(found.payload, found.len),
        })
    }
}
