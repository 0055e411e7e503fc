//! The polling thread: fetches messages, decodes them into the current batch, ends the batch.

use std::{
    collections::HashMap,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use rdkafka::{consumer::Consumer as _, error::KafkaError, types::RDKafkaErrorCode};
use tokio::sync::mpsc::Sender;
use vitals_core::{
    domain::decode::DecodeOptions,
    runtime::config::{RetrySettings, RotationSettings},
};
use vitals_lake::position::LastMessage;

use super::{
    backpressure::EncoderChannel,
    batch_queue::BatchQueue,
    fetch_assignment::FetchAssignment,
    fetch_failures::FetchFailures,
    partition_run::PartitionRun,
    prefetch::PrefetchLimit,
    rebalance::Rebalancer,
    run_decoder::{Decoded, decode_run},
    state::PollerState,
};
use crate::{
    archive::{
        batch::{BatchBuilder, EncoderInput},
        memory_budget::MemoryBudget,
    },
    feed::Feed,
};

/// The wait for room in the encoder's channel before the prefetched bytes are checked again.
const ENCODER_WAIT: Duration = Duration::from_millis(5);

/// Timeout of a fetch: the longest delay until rotation by age, a rebalance or a shutdown is
/// noticed.
const FETCH_TIMEOUT: Duration = Duration::from_millis(50);

/// The wait between two looks at an exhausted memory budget.
const MEMORY_WAIT: Duration = Duration::from_millis(10);

/// Maximum messages per fetch: few enough that they are still in the processor's cache when they are
/// freed.
const MAX_FETCH_MESSAGES: usize = 512;

/// Approximate bytes per fetch. A fetch is decoded completely before the memory budget is checked
/// again.
const FETCH_BYTES: usize = 4 << 20;

/// The polling thread.
pub(crate) struct Poller {
    pub(crate) feed: Feed,
    pub(crate) options: DecodeOptions,
    pub(crate) rotation: RotationSettings,
    pub(crate) retry: RetrySettings,
    pub(crate) memory: MemoryBudget,
    /// The memory limit of prefetched keys and headers.
    pub(crate) prefetch_bytes: usize,
    pub(crate) encoder: Sender<EncoderInput>,
    pub(crate) rebalancer: Rebalancer,
}

impl Poller {
    /// Polls until shutdown, then sends the last batch to the encoder.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let Rebalancer { topic, client, recorder, runtime, .. } = &self.rebalancer;
        client.subscribe(&[topic]).context("subscribe")?;
        let encoder =
            EncoderChannel::new(self.encoder.clone(), runtime.clone(), recorder.metrics().clone());
        let mut state = PollerState {
            builder: BatchBuilder::new(self.feed, self.options.clone(), &self.memory),
            encoder,
            queue: BatchQueue::new(Arc::clone(client))?,
            cursors: HashMap::new(),
            fetching: FetchAssignment::new(Arc::clone(client), topic.clone()),
            failures: FetchFailures::new(self.retry.clone()),
            prefetch: PrefetchLimit::new(self.prefetch_bytes),
            pending_starts: HashMap::new(),
            last_ticket: 0,
            time_type: None,
        };
        let outcome = self.poll_until_shutdown(&mut state);

        // Rebalances of the closing client are answered in its callbacks. The last batch is sent
        // however long the encoder takes; the storage task has a timeout of its own.
        client.context().close();
        if outcome.is_ok() {
            state.end_batch()?;
            state.encoder.send_all()?;
        }
        outcome
    }

    fn poll_until_shutdown(&self, state: &mut PollerState) -> anyhow::Result<()> {
        while !self.rebalancer.shutdown.is_cancelled() {
            // Backpressure stops the fetches only: polling continues, so that rebalances are
            // answered and the group keeps its member.
            let exhausted = self.memory.is_exhausted();
            if exhausted || state.encoder.is_blocked() {
                state.limit_prefetch()?;
            } else {
                state.resume_prefetch()?;
                self.fetch(state)?;
            }
            self.poll_events()?;
            self.rebalancer.answer_rebalances(state)?;
            self.rebalancer.rewind_partitions(state)?;
            self.rebalancer.retry_failed(state)?;
            self.rebalancer.verify_after_reconnect(state)?;
            self.rebalancer.apply_starts(state)?;
            self.rotate(state)?;
            if exhausted {
                // The batches in flight return memory.
                thread::sleep(MEMORY_WAIT);
            }
        }
        Ok(())
    }

    /// Fetches messages, at most as many as the batch has room for.
    fn fetch(&self, state: &mut PollerState) -> anyhow::Result<()> {
        // A full batch ends before more is fetched, so memory stays bounded.
        let room = self.rotation.max_rows.saturating_sub(state.builder.count());
        let max_messages = fetch_messages(state.builder.recent_message_bytes()).min(room.max(1));
        let fetched = state.queue.fetch(max_messages, FETCH_TIMEOUT);
        let now = Instant::now();
        for run in fetched.runs() {
            self.ingest_run(state, &run, now)?;
        }
        Ok(())
    }

    /// Decodes consecutive messages of one partition into the batch.
    fn ingest_run(
        &self,
        state: &mut PollerState,
        run: &PartitionRun<'_>,
        now: Instant,
    ) -> anyhow::Result<()> {
        let partition = run.partition;
        let starts_with_message = matches!(run.messages().next(), Some(Ok(_)));
        // The queue may still hold messages of a partition that was revoked or stopped since the
        // fetch.
        if starts_with_message && !self.rebalancer.accepts_messages(state, partition)? {
            return Ok(());
        }
        let Some(mut cursor) = state.cursors.get(&partition).copied() else { return Ok(()) };
        let start = cursor.next;
        let Decoded { last, failure } = decode_run(&mut state.builder, run, &mut cursor, now)?;
        self.rebalancer.recorder.metrics().add_fields(state.builder.take_field_counts());
        // The range includes the gaps, so the next batch continues exactly here.
        if cursor.next > start {
            state.builder.cover(partition, cursor.epoch, start, cursor.next);
            // The fingerprint of the last message lets the next start detect a log with other
            // messages.
            if let Some((index, position)) = last
                && let Some(fingerprint) = run.fingerprint(index)
            {
                let last = LastMessage { offset: position.offset, fingerprint };
                cursor.last = Some(last);
                state.builder.set_last_message(partition, last);
                state.note_time_type(position.time_type, &self.rebalancer.recorder);
            }
            state.cursors.insert(partition, cursor);
        }
        // The error is handled last: the messages before it are in the batch by now.
        match failure {
            Some(error) if error.is_fatal() => bail!("fatal error of the Kafka client: {error}"),
            Some(error) => self.rebalancer.on_fetch_error(state, partition, &error),
            None => Ok(()),
        }
    }

    /// Serves the client's own events. Rebalances are queued in its callbacks.
    fn poll_events(&self) -> anyhow::Result<()> {
        match self.rebalancer.client.poll(Duration::ZERO) {
            // Accepting it would put it before messages that are still in the batch queue.
            Some(Ok(_)) => bail!("a message bypassed the batch queue"),
            Some(Err(error)) => self.handle_error(&error),
            None => Ok(()),
        }
    }

    /// Logs a transient error of the client; a permanent one ends the service. Errors of a
    /// partition are delivered in place of its messages.
    fn handle_error(&self, error: &KafkaError) -> anyhow::Result<()> {
        match error.rdkafka_error_code() {
            Some(code) if self.subscription_error(code).is_some() => {
                let reason = self.subscription_error(code).unwrap_or_default();
                tracing::warn!(kafka.error = %error, reason, "no partition can be assigned");
                self.rebalancer.client.context().set_subscription_error(reason);
            }
            Some(RDKafkaErrorCode::Fatal) => bail!("fatal error of the Kafka client: {error}"),
            // Repeated with every connection attempt; the callbacks have logged the outage.
            Some(
                RDKafkaErrorCode::AllBrokersDown
                | RDKafkaErrorCode::Authentication
                | RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::Resolve
                | RDKafkaErrorCode::SSL,
            ) => tracing::debug!(kafka.error = %error, "the brokers are unreachable"),
            _ => tracing::warn!(kafka.error = %error, "the Kafka client reported an error"),
        }
        Ok(())
    }

    /// The reason why the group assigns no partition of the topic, if `code` is one.
    fn subscription_error(&self, code: RDKafkaErrorCode) -> Option<String> {
        let topic = &self.rebalancer.topic;
        match code {
            RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic => {
                Some(format!("no topic {topic}"))
            }
            RDKafkaErrorCode::TopicAuthorizationFailed => {
                Some(format!("access to topic {topic} is denied"))
            }
            RDKafkaErrorCode::GroupAuthorizationFailed => {
                Some("access to the consumer group is denied".to_owned())
            }
            _ => None,
        }
    }

    /// Ends the batch if it is full or old, and sends the parts that are complete.
    fn rotate(&self, state: &mut PollerState) -> anyhow::Result<()> {
        if self.is_full(&state.builder) || self.is_old(&state.builder) {
            state.end_batch()?;
        }
        state.queue_parts();
        state.encoder.send_parts(Instant::now() + ENCODER_WAIT)?;
        state.encoder.report_backpressure(self.memory.is_exhausted());
        Ok(())
    }

    fn is_full(&self, builder: &BatchBuilder) -> bool {
        builder.count() >= self.rotation.max_rows
            || builder.bytes() >= self.rotation.max_bytes
            || builder.has_full_share()
            // Only an ended batch returns memory to an exhausted budget.
            || self.memory.is_exhausted()
    }

    fn is_old(&self, builder: &BatchBuilder) -> bool {
        let max_age = Duration::from_millis(self.rotation.max_age_ms);
        builder.since().is_some_and(|since| since.elapsed() >= max_age)
    }
}

/// The number of messages to fetch if they have about `message_bytes` each.
fn fetch_messages(message_bytes: usize) -> usize {
    let messages = FETCH_BYTES.checked_div(message_bytes).unwrap_or(MAX_FETCH_MESSAGES);
    messages.clamp(1, MAX_FETCH_MESSAGES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fetch_is_bounded_in_messages_and_in_bytes() {
        let cases = [(0, 512), (218, 512), (60_000, 69), (900_000, 4), (64 << 20, 1)];
        for (message_bytes, expected) in cases {
            assert_eq!(fetch_messages(message_bytes), expected, "{message_bytes} bytes each");
        }
    }
}
