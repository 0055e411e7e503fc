//! The raw drain: fetches every message with librdkafka and only counts its bytes.

use std::time::{Duration, Instant};
use std::{process::Stdio, ptr};

use anyhow::{Context, Result, ensure};
use clap::Args;
use nix::sys::signal::Signal;
use rdkafka::bindings as rd;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde::{Deserialize, Serialize};

use super::comparison::Outcome;
use super::topic::{NAME, Topic};
use crate::bench::sampler::Sampler;
use crate::process;

/// Maximum messages per call.
const BATCH: usize = 10_000;
/// Timeout without a message.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Timeout of a Kafka request.
const KAFKA_TIMEOUT: Duration = Duration::from_secs(10);

/// Options of the drain's process.
#[derive(Args, Debug)]
pub struct Options {
    #[arg(long)]
    bootstrap: String,
    #[arg(long)]
    messages: u64,
}

/// The result of a drain.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Drained {
    /// Messages fetched.
    pub messages: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// Time from the assignment to the last message.
    pub seconds: f64,
}

/// Drains the topic in this process and prints the result as JSON.
///
/// # Errors
/// Returns an error if Kafka delivers no message for half a minute.
pub fn run(options: &Options) -> Result<()> {
    let drained = drain(&options.bootstrap, NAME, options.messages)?;
    crate::say!("{}", serde_json::to_string(&drained)?);
    Ok(())
}

/// Drains the topic in a process of its own and measures it.
pub(super) async fn measure(topic: &Topic) -> Result<Outcome> {
    let mut command = std::process::Command::new(std::env::current_exe()?);
    command
        .args(["bench", "drain", "--bootstrap", &topic.bootstrap()])
        .args(["--messages", &topic.messages.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    process::die_with_parent(&mut command, Signal::SIGKILL);
    // In a separate process, so that its resources are measured alone.
    let child = tokio::process::Command::from(command).spawn().context("starting the drain")?;
    let sampler = Sampler::start(i32::try_from(child.id().context("the drain has ended")?)?);
    let output = child.wait_with_output().await?;
    let samples = sampler.stop();
    ensure!(output.status.success(), "the drain failed ({})", output.status);
    let drained: Drained =
        serde_json::from_slice(&output.stdout).context("the output of the drain")?;
    Ok(Outcome {
        messages: drained.messages,
        time: Duration::from_secs_f64(drained.seconds),
        usage: samples.total(),
        bytes: 0,
        further: Vec::new(),
    })
}

/// Fetches `messages` messages from the beginning of every partition, in batches.
///
/// # Errors
/// Returns an error if Kafka delivers no message for half a minute.
pub(super) fn drain(bootstrap: &str, topic: &str, messages: u64) -> Result<Drained> {
    let consumer: BaseConsumer = config(bootstrap).create()?;
    let metadata = consumer
        .fetch_metadata(Some(topic), KAFKA_TIMEOUT)
        .context("fetching the metadata of the topic")?;
    let partitions = metadata.topics().first().context("no such topic")?.partitions();
    // Assigned rather than subscribed: a drain needs no group and no rebalance.
    let mut assignment = TopicPartitionList::new();
    for partition in partitions {
        assignment.add_partition_offset(topic, partition.id(), Offset::Beginning)?;
    }
    let start = Instant::now();
    consumer.assign(&assignment).context("assigning the partitions")?;
    let queue = Queue::of(&consumer);
    let mut drained = Drained { messages: 0, bytes: 0, seconds: 0.0 };
    let mut last = Instant::now();
    while drained.messages < messages {
        let batch = queue.fetch();
        drained.messages += batch.messages;
        drained.bytes += batch.bytes;
        if batch.messages > 0 {
            last = Instant::now();
        }
        ensure!(
            last.elapsed() < IDLE_TIMEOUT,
            "Kafka delivered {} of {messages} messages, then none for {} s",
            drained.messages,
            IDLE_TIMEOUT.as_secs()
        );
    }
    // Up to the last message, without the final empty fetch.
    drained.seconds = (last - start).as_secs_f64();
    Ok(drained)
}

/// The settings of the consumer, so that the comparison measures the processing.
fn config(bootstrap: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", bootstrap)
        .set("group.id", "vitals-bench-drain")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("fetch.queue.backoff.ms", "10")
        .set("queued.min.messages", "1000000")
        .set("queued.max.messages.kbytes", "65536")
        .set("fetch.message.max.bytes", "4194304")
        .set("check.crcs", "true");
    config
}

/// Counts of a batch.
#[derive(Default)]
struct Batch {
    messages: u64,
    /// Bytes of the payloads.
    bytes: u64,
}

/// The consumer's queue, which returns messages in batches.
struct Queue<'a> {
    queue: *mut rd::rd_kafka_queue_t,
    _consumer: &'a BaseConsumer,
}

#[expect(unsafe_code, reason = "rdkafka has no call that fetches a batch of messages")]
impl<'a> Queue<'a> {
    fn of(consumer: &'a BaseConsumer) -> Self {
        // SAFETY: the client outlives the borrow, and every consumer has this queue.
        let queue = unsafe { rd::rd_kafka_queue_get_consumer(consumer.client().native_ptr()) };
        Self { queue, _consumer: consumer }
    }

    /// Fetches the available messages, at most [`BATCH`].
    fn fetch(&self) -> Batch {
        let mut pointers: [*mut rd::rd_kafka_message_t; BATCH] = [ptr::null_mut(); BATCH];
        // SAFETY: the queue is valid, and the array has the given length.
        let fetched = unsafe {
            rd::rd_kafka_consume_batch_queue(self.queue, 100, pointers.as_mut_ptr(), BATCH)
        };
        let mut batch = Batch::default();
        for &message in pointers.iter().take(usize::try_from(fetched).unwrap_or(0)) {
            // SAFETY: the first `fetched` pointers are valid messages that we own; each is destroyed
            // once, here.
            unsafe {
                if (*message).err == rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                    batch.messages += 1;
                    batch.bytes += (*message).len as u64;
                }
                rd::rd_kafka_message_destroy(message);
            }
        }
        batch
    }
}

#[expect(unsafe_code, reason = "releases the reference acquired in `of`")]
impl Drop for Queue<'_> {
    fn drop(&mut self) {
        // SAFETY: `of` acquired its own reference, which is released once.
        unsafe { rd::rd_kafka_queue_destroy(self.queue) };
    }
}
