//! The thread that polls Kafka and decodes.

use std::{
    collections::HashMap,
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
    batch::Batch,
    origin::Origin,
    rows::{Place, Rows},
};

/// Longest wait for a message, so that age, rebalances and a stop are noticed.
const POLL: Duration = Duration::from_millis(50);

/// What the thread works with.
pub(crate) struct Poller {
    pub(crate) client: Arc<Client>,
    pub(crate) settings: Settings,
    pub(crate) lake: Lake,
    pub(crate) origin: Arc<Origin>,
    pub(crate) epochs: Arc<Epochs>,
    pub(crate) batches: Sender<Batch>,
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
    /// A batch that the channel had no room for.
    pub(super) waiting: Option<Batch>,
    pub(super) paused: bool,
}

impl Poller {
    /// Polls until the stop; then hands over what is in hand.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let topic = self.settings.kafka.topics.vitals.clone();
        self.client.subscribe(&[&topic]).context("subscribe")?;
        let mut work =
            Work { rows: Rows::new(), cursors: HashMap::new(), waiting: None, paused: false };
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

    /// Hands the batch over when it is full or old; pauses while there is no room for it.
    fn rotate(&self, work: &mut Work) -> anyhow::Result<()> {
        if let Some(batch) = work.waiting.take() {
            self.offer(work, batch)?;
        }
        if work.waiting.is_none()
            && (self.is_full(&work.rows) || self.is_old(&work.rows))
            && let Some(batch) = work.rows.take()?
        {
            self.offer(work, batch)?;
        }
        // One batch may wait and another fill up; then Kafka has to wait too.
        let pause = self.is_full(&work.rows);
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

    pub(super) fn offer(&self, work: &mut Work, batch: Batch) -> anyhow::Result<()> {
        match self.batches.try_send(batch) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(batch)) => {
                work.waiting = Some(batch);
                Ok(())
            }
            Err(TrySendError::Closed(_)) => bail!("the storing task ended"),
        }
    }

    fn hand_over_last(&self, work: &mut Work) -> anyhow::Result<()> {
        let last = work.rows.take()?;
        for batch in work.waiting.take().into_iter().chain(last) {
            self.runtime
                .block_on(self.batches.send(batch))
                .ok()
                .context("the storing task ended")?;
        }
        Ok(())
    }
}
