//! The raw drain: librdkafka hands out every message, and nobody looks at it.

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

/// Messages that are taken at once.
const BATCH: usize = 10_000;
/// Longest time without a message.
const PATIENCE: Duration = Duration::from_secs(30);
const WAIT: Duration = Duration::from_secs(10);

/// What the process of its own is told.
#[derive(Args, Debug)]
pub struct Options {
    #[arg(long)]
    bootstrap: String,
    #[arg(long)]
    messages: u64,
}

/// What was drained.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Drained {
    /// Messages taken.
    pub messages: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// From the assignment to the last message.
    pub seconds: f64,
}

/// Drains in this process and prints what it was, as JSON.
///
/// # Errors
/// When Kafka doesn't deliver.
pub fn run(options: &Options) -> Result<()> {
    let drained = drain(&options.bootstrap, NAME, options.messages)?;
    crate::say!("{}", serde_json::to_string(&drained)?);
    Ok(())
}

/// Drains in a process of its own.
pub(super) async fn measure(topic: &Topic) -> Result<Outcome> {
    let mut command = std::process::Command::new(std::env::current_exe()?);
    command
        .args(["bench", "drain", "--bootstrap", &topic.bootstrap()])
        .args(["--messages", &topic.messages.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    process::die_with_parent(&mut command, Signal::SIGKILL);
    let child = tokio::process::Command::from(command).spawn().context("starting the drain")?;
    let sampler = Sampler::start(i32::try_from(child.id().context("it has ended")?)?);
    let output = child.wait_with_output().await?;
    let samples = sampler.stop();
    ensure!(output.status.success(), "the drain failed ({})", output.status);
    let drained: Drained = serde_json::from_slice(&output.stdout).context("its answer")?;
    Ok(Outcome {
        messages: drained.messages,
        time: Duration::from_secs_f64(drained.seconds),
        usage: samples.total(),
        bytes: 0,
        further: Vec::new(),
    })
}

/// Takes `messages` from the beginning of every partition, in batches.
///
/// # Errors
/// When Kafka doesn't deliver for half a minute.
pub(super) fn drain(bootstrap: &str, topic: &str, messages: u64) -> Result<Drained> {
    let consumer: BaseConsumer = config(bootstrap).create()?;
    let metadata = consumer.fetch_metadata(Some(topic), WAIT).context("asking for the topic")?;
    let partitions = metadata.topics().first().context("no such topic")?.partitions();
    let mut assignment = TopicPartitionList::new();
    for partition in partitions {
        assignment.add_partition_offset(topic, partition.id(), Offset::Beginning)?;
    }
    let start = Instant::now();
    consumer.assign(&assignment).context("assigning")?;
    let queue = Queue::of(&consumer);
    let mut drained = Drained { messages: 0, bytes: 0, seconds: 0.0 };
    let mut last = Instant::now();
    while drained.messages < messages {
        let (taken, bytes) = queue.take();
        drained.messages += taken;
        drained.bytes += bytes;
        if taken > 0 {
            last = Instant::now();
        }
        ensure!(
            last.elapsed() < PATIENCE,
            "Kafka delivered {} of {messages} messages and then nothing for {} s",
            drained.messages,
            PATIENCE.as_secs()
        );
    }
    drained.seconds = (last - start).as_secs_f64();
    Ok(drained)
}

/// As the consumer has it: what is measured is what lies between.
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

/// The consumer's queue, from which messages are taken in batches.
struct Queue<'a> {
    queue: *mut rd::rd_kafka_queue_t,
    _consumer: &'a BaseConsumer,
}

#[expect(unsafe_code, reason = "rdkafka has no call that takes a batch of messages")]
impl<'a> Queue<'a> {
    fn of(consumer: &'a BaseConsumer) -> Self {
        // SAFETY: the client lives as long as the borrow; a consumer always has this queue.
        let queue = unsafe { rd::rd_kafka_queue_get_consumer(consumer.client().native_ptr()) };
        Self { queue, _consumer: consumer }
    }

    /// Takes what is there, up to a batch: messages and bytes of payload.
    fn take(&self) -> (u64, u64) {
        let mut batch: [*mut rd::rd_kafka_message_t; BATCH] = [ptr::null_mut(); BATCH];
        // SAFETY: the queue is valid, and the array has room for the number that is given.
        let taken =
            unsafe { rd::rd_kafka_consume_batch_queue(self.queue, 100, batch.as_mut_ptr(), BATCH) };
        let (mut messages, mut bytes) = (0, 0);
        for &message in batch.iter().take(usize::try_from(taken).unwrap_or(0)) {
            // SAFETY: the first `taken` pointers are messages that are ours until destroyed, which
            // happens once, here.
            unsafe {
                if (*message).err == rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                    messages += 1;
                    bytes += (*message).len as u64;
                }
                rd::rd_kafka_message_destroy(message);
            }
        }
        (messages, bytes)
    }
}

#[expect(unsafe_code, reason = "the reference was taken in `of`")]
impl Drop for Queue<'_> {
    fn drop(&mut self) {
        // SAFETY: `of` got a reference of its own, which is given back once.
        unsafe { rd::rd_kafka_queue_destroy(self.queue) };
    }
}
