//! The thread that polls Kafka and decodes.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use metrics::{counter, gauge};
use rdkafka::{
    Message as _, consumer::Consumer as _, error::KafkaError, message::BorrowedMessage,
    types::RDKafkaErrorCode,
};
use tokio::{
    runtime::Handle,
    sync::mpsc::{Sender, error::TrySendError},
};
use tokio_util::sync::CancellationToken;
use vitals_core::{
    domain::decode::decode,
    runtime::{clock::now_ms, config::Settings, readiness::Readiness},
};
use vitals_lake::table::Lake;

use super::{
    Client,
    assignment::{Epoch, Epochs},
    batch::Piece,
    columns::Place,
    origin::Origin,
    rows::Rows,
};

/// Longest wait for a message, so that age, rebalances and a stop are noticed.
const POLL: Duration = Duration::from_millis(50);

/// How long polling waits for the encoding thread. When that takes longer the storage is behind:
/// the partitions pause and polling goes on. To pause for a moment only would throw away what
/// was fetched.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the thread works with.
pub(crate) struct Poller {
    pub(crate) client: Arc<Client>,
    pub(crate) settings: Settings,
    pub(crate) lake: Lake,
    pub(crate) origin: Arc<Origin>,
    pub(crate) epochs: Arc<Epochs>,
    pub(crate) pieces: Sender<Piece>,
    pub(crate) rewind: mpsc::Receiver<i32>,
    pub(crate) readiness: Readiness,
    pub(crate) runtime: Handle,
    pub(crate) shutdown: CancellationToken,
}

/// Where the thread stands in one partition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor {
    pub(super) epoch: Epoch,
    /// The next offset to be covered.
    pub(super) next: i64,
}

/// The thread's own state.
pub(super) struct Work {
    pub(super) rows: Rows,
    pub(super) cursors: HashMap<i32, Cursor>,
    /// What the channel had no room for.
    pub(super) waiting: VecDeque<Piece>,
    pub(super) paused: bool,
}

impl Poller {
    /// Polls until the stop; then hands over what is in hand.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let topic = self.settings.kafka.topics.vitals.clone();
        self.client.subscribe(&[&topic]).context("subscribe")?;
        let mut work = Work {
            rows: Rows::new(),
            cursors: HashMap::new(),
            waiting: VecDeque::new(),
            paused: false,
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
            match self.client.poll(POLL) {
                Some(Ok(message)) => self.take(work, &message)?,
                Some(Err(error)) => self.complain(&error)?,
                None => {}
            }
            self.rebalance(work)?;
            self.read_again(work)?;
            self.rotate(work)?;
        }
        Ok(())
    }

    /// Decodes one message into the batch.
    fn take(&self, work: &mut Work, message: &BorrowedMessage<'_>) -> anyhow::Result<()> {
        // A message that was fetched before its partition was taken away or rewound.
        let Some(cursor) = work.cursors.get_mut(&message.partition()) else { return Ok(()) };
        if message.offset() < cursor.next {
            return Ok(());
        }
        let time_ms = message.timestamp().to_millis().unwrap_or_else(now_ms);
        let place = Place { partition: message.partition(), offset: message.offset(), time_ms };
        let payload = message.payload();
        let verdict = decode(payload.unwrap_or_default(), time_ms, self.settings.consumer.times);
        if let Ok(decoded) = &verdict
            && decoded.unknown_fields > 0
        {
            counter!("vitals_archive_unknown_fields_total")
                .increment(u64::from(decoded.unknown_fields));
        }
        work.rows.cover(place.partition, cursor.epoch, cursor.next, place.offset);
        cursor.next = place.offset + 1;
        work.rows
            .push(place, verdict.as_ref(), (message.key(), payload), Instant::now())
            .context("a row that does not fit the table")
    }

    /// An error that passes is logged; one that stays ends the service.
    fn complain(&self, error: &KafkaError) -> anyhow::Result<()> {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
                let topic = &self.settings.kafka.topics.vitals;
                self.readiness.missing("kafka", format!("no topic {topic}"));
            }
            Some(RDKafkaErrorCode::Fatal | RDKafkaErrorCode::AutoOffsetReset) => {
                bail!("Kafka: {error}: the position is not in the log any more");
            }
            _ => tracing::warn!(kafka.error = %error, "Kafka poll"),
        }
        Ok(())
    }

    /// Ends the batch when it is full or old, and hands over what is finished; pauses while
    /// there is no room for it.
    fn rotate(&self, work: &mut Work) -> anyhow::Result<()> {
        if self.is_full(&work.rows) || self.is_old(&work.rows) {
            end_batch(work)?;
        }
        work.waiting.extend(work.rows.pieces());
        let patience = if work.paused { Duration::ZERO } else { PATIENCE };
        self.hand_over(work, Instant::now() + patience)?;
        let pause = !work.waiting.is_empty();
        if pause != work.paused {
            self.pause(pause)?;
            work.paused = pause;
        }
        Ok(())
    }

    fn is_full(&self, rows: &Rows) -> bool {
        let limits = &self.settings.consumer.rotation;
        rows.count() >= limits.max_rows || rows.bytes() >= limits.max_bytes
    }

    fn is_old(&self, rows: &Rows) -> bool {
        let limit = Duration::from_millis(self.settings.consumer.rotation.max_age_ms);
        rows.since().is_some_and(|since| since.elapsed() >= limit)
    }

    fn pause(&self, pause: bool) -> anyhow::Result<()> {
        let assignment = self.client.assignment().context("assignment")?;
        if pause {
            tracing::info!("the lake is behind: partitions pause");
            self.client.pause(&assignment).context("pause")?;
        } else {
            self.client.resume(&assignment).context("resume")?;
        }
        gauge!("vitals_archive_paused").set(if pause { 1.0 } else { 0.0 });
        Ok(())
    }

    /// Hands over what waits, until the deadline; the rest waits on.
    pub(super) fn hand_over(&self, work: &mut Work, deadline: Instant) -> anyhow::Result<()> {
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
}

/// The batch ends here, when there is one.
fn end_batch(work: &mut Work) -> anyhow::Result<()> {
    let end = work.rows.end()?.map(Piece::End);
    work.waiting.extend(work.rows.pieces().chain(end));
    Ok(())
}
