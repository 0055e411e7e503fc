//! The polling thread: fetches messages, decodes them into the current batch, ends the batch.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use rdkafka::{consumer::Consumer as _, error::KafkaError, types::RDKafkaErrorCode};
use tokio::sync::mpsc::Sender;
use vitals_core::{
    domain::decode::TimeLimits,
    runtime::{config::RotationSettings, readiness::Readiness},
};

use super::{
    backpressure::EncoderChannel,
    batch_queue::{BatchQueue, PartitionRun},
    fetch_assignment::FetchAssignment,
    rebalance::Rebalancer,
    state::PollerState,
};
use crate::{
    archive::batch::{BatchBuilder, EncoderInput},
    feed::Feed,
    rows::message::{MessagePosition, OffsetGap},
};

/// Timeout of a fetch: the longest delay until rotation by age, a rebalance or a shutdown is
/// noticed.
const FETCH_TIMEOUT: Duration = Duration::from_millis(50);

/// Maximum messages per fetch. Each fetch wakes the thread that frees the previous one.
const MAX_FETCH_MESSAGES: usize = 4096;

/// The polling thread.
pub(crate) struct Poller {
    pub(crate) feed: Feed,
    pub(crate) times: TimeLimits,
    pub(crate) rotation: RotationSettings,
    pub(crate) encoder: Sender<EncoderInput>,
    pub(crate) readiness: Readiness,
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
            builder: BatchBuilder::new(self.feed, self.times),
            encoder,
            queue: BatchQueue::new(Arc::clone(client))?,
            cursors: HashMap::new(),
            fetching: FetchAssignment::new(Arc::clone(client), topic.clone()),
            pending_starts: HashMap::new(),
            last_ticket: 0,
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
            if !state.encoder.is_blocked() {
                self.fetch(state)?;
            }
            self.poll_events(state)?;
            self.rebalancer.answer_rebalances(state)?;
            self.rebalancer.rewind_partitions(state)?;
            self.rebalancer.apply_starts(state)?;
            self.rotate(state)?;
        }
        Ok(())
    }

    /// Fetches messages, at most as many as the batch has room for.
    fn fetch(&self, state: &mut PollerState) -> anyhow::Result<()> {
        // A full batch ends before more is fetched, so memory stays bounded.
        let room = self.rotation.max_rows.saturating_sub(state.builder.count());
        let fetched = state.queue.fetch(room.clamp(1, MAX_FETCH_MESSAGES), FETCH_TIMEOUT);
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
        let Some(cursor) = state.cursors.get_mut(&partition) else { return Ok(()) };
        let start = cursor.next;
        // Errors are handled after the run: handling may rewind this very cursor.
        let mut errors = Vec::new();
        for message in run.messages() {
            let message = match message {
                Ok(message) => message,
                Err(error) => {
                    cursor.in_doubt = true;
                    errors.push(error);
                    continue;
                }
            };
            let offset = message.position.offset;
            // The message was fetched before its partition was rewound.
            if offset < cursor.next {
                continue;
            }
            // Transaction markers and compaction leave gaps in the offsets.
            if offset > cursor.next && !cursor.in_doubt {
                let position = MessagePosition { offset: cursor.next, ..message.position };
                state.builder.push_gap(position, offset, OffsetGap::NoMessage, now);
            }
            cursor.next = offset + 1;
            let unknown_fields =
                state.builder.push(message, now).context("a row does not fit the table")?;
            if unknown_fields > 0 {
                self.rebalancer.recorder.metrics().add_unknown_fields(unknown_fields);
            }
        }
        // The range includes the gaps, so the next batch continues exactly here.
        if cursor.next > start {
            state.builder.cover(partition, cursor.epoch, start, cursor.next);
        }
        errors.iter().try_for_each(|error| self.handle_error(state, error))
    }

    /// Serves the client's own events. Rebalances are queued in its callbacks.
    fn poll_events(&self, state: &mut PollerState) -> anyhow::Result<()> {
        match self.rebalancer.client.poll(Duration::ZERO) {
            // Accepting it would put it before messages that are still in the batch queue.
            Some(Ok(_)) => bail!("a message bypassed the batch queue"),
            Some(Err(error)) => self.handle_error(state, &error),
            None => Ok(()),
        }
    }

    /// Logs a transient error; a permanent one ends the service.
    fn handle_error(&self, state: &mut PollerState, error: &KafkaError) -> anyhow::Result<()> {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
                self.readiness.missing("kafka", format!("no topic {}", self.rebalancer.topic));
            }
            // The error does not name its partition.
            Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange) => {
                tracing::warn!(kafka.error = %error, "a fetch offset is out of range");
                self.rebalancer.recheck_positions(state)?;
            }
            Some(RDKafkaErrorCode::Fatal) => bail!("fatal error of the Kafka client: {error}"),
            _ => tracing::warn!(kafka.error = %error, "the Kafka client reported an error"),
        }
        Ok(())
    }

    /// Ends the batch if it is full or old, and sends the parts that are complete.
    fn rotate(&self, state: &mut PollerState) -> anyhow::Result<()> {
        if self.is_full(&state.builder) || self.is_old(&state.builder) {
            state.end_batch()?;
        }
        state.queue_parts();
        state.encoder.send_parts(Instant::now() + FETCH_TIMEOUT)?;
        state.encoder.report_backpressure();
        Ok(())
    }

    fn is_full(&self, builder: &BatchBuilder) -> bool {
        builder.count() >= self.rotation.max_rows || builder.bytes() >= self.rotation.max_bytes
    }

    fn is_old(&self, builder: &BatchBuilder) -> bool {
        let max_age = Duration::from_millis(self.rotation.max_age_ms);
        builder.since().is_some_and(|since| since.elapsed() >= max_age)
    }
}
