//! The thread that polls Kafka and decodes.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use metrics::{counter, gauge};
use rdkafka::{consumer::Consumer as _, error::KafkaError, types::RDKafkaErrorCode};
use tokio::{
    runtime::Handle,
    sync::mpsc::{Sender, UnboundedSender, error::TrySendError},
};
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{clock::now_ms, config::Settings, readiness::Readiness};

use crate::{
    archive::{
        batch::{builder::BatchBuilder, model::EncoderInput},
        sink::storage_task::SharedSpool,
        source::{
            batch_queue::{FetchQueue, Message, Run},
            callbacks::Client,
            epochs::{Epoch, Epochs},
        },
        start::resolver::{ResolvedStart, StartRequest},
        status::recorder::StatusRecorder,
    },
    feed::Feed,
    rows::row_encoder::{self, MessagePosition, OffsetGap},
};

/// Longest wait for a message, so that age, rebalances and a stop are noticed.
const POLL: Duration = Duration::from_millis(50);

/// Most messages that are taken at once. Each time wakes the thread that gives them back.
const FETCH: usize = 4096;

/// How long the encoding thread may have no room before it is said that the lake is behind.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the thread works with.
pub(crate) struct Poller {
    pub(crate) feed: Feed,
    pub(crate) topic: String,
    pub(crate) client: Arc<Client>,
    pub(crate) settings: Settings,
    pub(crate) epochs: Arc<Epochs>,
    pub(crate) spool: SharedSpool,
    pub(crate) recorder: StatusRecorder,
    /// Questions where partitions start, and the answers.
    pub(crate) starts: UnboundedSender<StartRequest>,
    pub(crate) started: mpsc::Receiver<ResolvedStart>,
    pub(crate) pieces: Sender<EncoderInput>,
    pub(crate) rewind: mpsc::Receiver<i32>,
    pub(crate) readiness: Readiness,
    pub(crate) runtime: Handle,
    pub(crate) shutdown: CancellationToken,
}

/// Where the thread stands in one partition.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor {
    pub(crate) epoch: Epoch,
    /// The next offset to be covered.
    pub(crate) next: i64,
    /// An error came in the place of messages: an offset that is not there may have been one.
    pub(crate) in_doubt: bool,
}

/// The thread's own state.
pub(crate) struct Work {
    pub(crate) rows: BatchBuilder,
    pub(crate) cursors: HashMap<i32, Cursor>,
    /// What the channel had no room for.
    pub(crate) waiting: VecDeque<EncoderInput>,
    pub(crate) queue: FetchQueue,
    /// Partitions that the client fetches.
    pub(crate) fetching: HashSet<i32>,
    /// Partitions that wait for a start position, with the ticket of the question.
    pub(crate) pending: HashMap<i32, u64>,
    pub(crate) last_ticket: u64,
    /// Since when no message is taken, because something waits.
    held: Option<Instant>,
    behind: bool,
}

impl Poller {
    /// Polls until the stop; then hands over what is in hand.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        self.client.subscribe(&[&self.topic]).context("subscribe")?;
        let mut work = Work {
            rows: BatchBuilder::new(self.feed, self.settings.consumer.times),
            cursors: HashMap::new(),
            waiting: VecDeque::new(),
            queue: FetchQueue::new(Arc::clone(&self.client))?,
            fetching: HashSet::new(),
            pending: HashMap::new(),
            last_ticket: 0,
            held: None,
            behind: false,
        };
        let outcome = self.poll_until_stop(&mut work);
        self.client.context().close();
        if outcome.is_ok() {
            self.hand_over_last(&mut work)?;
        }
        outcome
    }

    fn poll_until_stop(&self, work: &mut Work) -> anyhow::Result<()> {
        while !self.shutdown.is_cancelled() {
            // While something waits no message is taken; the rest goes on.
            if work.waiting.is_empty() {
                self.fetch(work)?;
            }
            self.serve(work)?;
            self.rebalance(work)?;
            self.read_again(work)?;
            self.take_answers(work)?;
            self.rotate(work)?;
        }
        Ok(())
    }

    /// Takes messages, no more than the batch has room for.
    fn fetch(&self, work: &mut Work) -> anyhow::Result<()> {
        let room = self.settings.consumer.rotation.max_rows.saturating_sub(work.rows.count());
        let fetched = work.queue.fetch(room.clamp(1, FETCH), POLL);
        let now = Instant::now();
        for run in fetched.runs() {
            self.take(work, &run, now)?;
        }
        Ok(())
    }

    /// Decodes messages of one partition into the batch.
    fn take(&self, work: &mut Work, run: &Run<'_>, now: Instant) -> anyhow::Result<()> {
        let partition = run.partition;
        let mut errors = Vec::new();
        if let Some(cursor) = work.cursors.get_mut(&partition) {
            let start = cursor.next;
            for message in run.messages() {
                match message {
                    // It was fetched before its partition was rewound.
                    Ok(message) if message.offset < cursor.next => {}
                    Ok(message) => {
                        if message.offset > cursor.next && !cursor.in_doubt {
                            let time_ms = message.time_ms.unwrap_or_else(now_ms);
                            let place = MessagePosition { partition, offset: cursor.next, time_ms };
                            work.rows.push_gap(place, message.offset, OffsetGap::NoMessage, now);
                        }
                        cursor.next = message.offset + 1;
                        self.decode(&mut work.rows, partition, &message, now)?;
                    }
                    Err(error) => {
                        cursor.in_doubt = true;
                        errors.push(error);
                    }
                }
            }
            if cursor.next > start {
                work.rows.cover(partition, cursor.epoch, start, cursor.next);
            }
        }
        errors.iter().try_for_each(|error| self.complain(work, error))
    }

    fn decode(
        &self,
        rows: &mut BatchBuilder,
        partition: i32,
        message: &Message<'_>,
        now: Instant,
    ) -> anyhow::Result<()> {
        let time_ms = message.time_ms.unwrap_or_else(now_ms);
        let place = MessagePosition { partition, offset: message.offset, time_ms };
        let message = row_encoder::Message { key: message.key, payload: message.payload };
        let unknown =
            rows.push(place, message, now).context("a row that does not fit the table")?;
        if unknown > 0 {
            counter!("vitals_archive_unknown_fields_total", "topic" => self.recorder.topic())
                .increment(u64::from(unknown));
        }
        Ok(())
    }

    /// Serves what the client has to tell; rebalances wait in its context.
    fn serve(&self, work: &mut Work) -> anyhow::Result<()> {
        match self.client.poll(Duration::ZERO) {
            // Taking it here would put it before others that wait in the queue.
            Some(Ok(_)) => bail!("a message came past the queue of its partition"),
            Some(Err(error)) => self.complain(work, &error),
            None => Ok(()),
        }
    }

    /// An error that passes is logged; one that stays ends the service.
    fn complain(&self, work: &mut Work, error: &KafkaError) -> anyhow::Result<()> {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
                self.readiness.missing("kafka", format!("no topic {}", self.topic));
            }
            // What it is about is not said.
            Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange) => {
                tracing::warn!(kafka.error = %error, "a position is not in Kafka's log any more");
                self.look_at_logs(work)?;
            }
            Some(RDKafkaErrorCode::Fatal) => bail!("Kafka: {error}"),
            _ => tracing::warn!(kafka.error = %error, "Kafka poll"),
        }
        Ok(())
    }

    /// Ends the batch when it is full or old, and hands over what is finished.
    fn rotate(&self, work: &mut Work) -> anyhow::Result<()> {
        if self.is_full(&work.rows) || self.is_old(&work.rows) {
            end_batch(work)?;
        }
        work.waiting.extend(work.rows.pieces());
        self.hand_over(work, Instant::now() + POLL)?;
        self.note_held(work);
        Ok(())
    }

    fn is_full(&self, rows: &BatchBuilder) -> bool {
        let limits = &self.settings.consumer.rotation;
        rows.count() >= limits.max_rows || rows.bytes() >= limits.max_bytes
    }

    fn is_old(&self, rows: &BatchBuilder) -> bool {
        let limit = Duration::from_millis(self.settings.consumer.rotation.max_age_ms);
        rows.since().is_some_and(|since| since.elapsed() >= limit)
    }

    /// Hands over what waits, until the deadline; the rest waits on.
    pub(crate) fn hand_over(&self, work: &mut Work, deadline: Instant) -> anyhow::Result<()> {
        while let Some(piece) = work.waiting.pop_front() {
            let piece = match self.pieces.try_send(piece) {
                Ok(()) => continue,
                Err(TrySendError::Full(piece)) => piece,
                Err(TrySendError::Closed(_)) => bail!("the encoding thread ended"),
            };
            work.waiting.push_front(piece);
            let left = deadline.saturating_duration_since(Instant::now());
            let room = async { tokio::time::timeout(left, self.pieces.reserve()).await.is_ok() };
            if left.is_zero() || !self.runtime.block_on(room) {
                return Ok(());
            }
        }
        Ok(())
    }

    fn hand_over_last(&self, work: &mut Work) -> anyhow::Result<()> {
        end_batch(work)?;
        for piece in work.waiting.drain(..) {
            let sent = self.runtime.block_on(self.pieces.send(piece));
            sent.ok().context("the encoding thread ended")?;
        }
        Ok(())
    }

    /// Says when the lake falls behind and when it is there again.
    fn note_held(&self, work: &mut Work) {
        work.held = (!work.waiting.is_empty()).then(|| work.held.unwrap_or_else(Instant::now));
        let behind = work.held.is_some_and(|since| since.elapsed() > PATIENCE);
        if behind != work.behind {
            work.behind = behind;
            gauge!("vitals_archive_paused", "topic" => self.recorder.topic())
                .set(f64::from(u8::from(behind)));
            tracing::info!(behind, "whether the lake is too far behind to read on");
        }
    }
}

/// The batch ends here, when there is one.
pub(crate) fn end_batch(work: &mut Work) -> anyhow::Result<()> {
    let end = work.rows.end()?.map(EncoderInput::End);
    work.waiting.extend(work.rows.pieces().chain(end));
    Ok(())
}
