//! What follows a commit: counting, telling Kafka, dead_letters of rejected messages.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use metrics::{counter, gauge, histogram};
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{CommitMode, Consumer as _},
};
use vitals_core::domain::rejection::Reason;
use vitals_lake::position::Positions;

use crate::{
    archive::{
        batch::model::{Batch, PendingBatch},
        sink::{committer::CommitOutcome, dead_letters::DeadLetters},
        source::callbacks::Client,
        status::recorder::StatusRecorder,
    },
    failpoint::{self, Failpoint},
};

/// What the counting is done with.
pub(crate) struct Account {
    pub(crate) client: Arc<Client>,
    pub(crate) dead_letters: DeadLetters,
    pub(crate) topic: String,
    pub(crate) recorder: StatusRecorder,
}

impl Account {
    /// Counts what went in, and tells Kafka the offsets.
    pub(crate) fn settle(&self, parcel: &PendingBatch, stored: &CommitOutcome, started: Instant) {
        let batch = &parcel.batch;
        let rows: usize = batch.files.iter().map(|file| file.rows).sum();
        let (kept, valid) = stored.total_rows();
        let rejected = self.rejected(parcel, stored);
        let refused: u64 = rejected.values().sum();
        let topic = || self.recorder.topic();
        counter!("vitals_archive_consumed_total", "topic" => topic())
            .increment(valid as u64 + refused);
        counter!("vitals_archive_stored_total", "topic" => topic()).increment(valid as u64);
        for (reason, count) in rejected {
            let labels = [("topic", topic()), ("reason", reason.code().into())];
            counter!("vitals_archive_rejected_total", &labels).increment(count);
            self.recorder.record_rejected(reason, count);
        }
        counter!("vitals_archive_dropped_total", "topic" => topic())
            .increment(rows.saturating_sub(kept) as u64);
        let (took, age) = (started.elapsed(), batch.since.elapsed());
        histogram!("vitals_archive_commit_seconds", "topic" => topic()).record(took.as_secs_f64());
        histogram!("vitals_archive_batch_age_seconds", "topic" => topic())
            .record(age.as_secs_f64());
        self.recorder.record_commit(&stored.plan.next(), kept, took, age);
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let (age_ms, took_ms, spooled) = (ms(age), ms(took), parcel.spooled);
        tracing::info!(rows = kept, rejected = refused, age_ms, took_ms, spooled, "committed");
        if let Err(error) = self.tell_kafka(&stored.plan.next()) {
            tracing::debug!(error = format!("{error:#}"), "offsets not committed to Kafka");
        }
    }

    /// Counts the rejected messages that went in; dead_letters of what waited were sent before.
    fn rejected(&self, parcel: &PendingBatch, stored: &CommitOutcome) -> BTreeMap<Reason, u64> {
        let mut rejected: BTreeMap<Reason, u64> = BTreeMap::new();
        for message in &parcel.batch.rejected {
            if stored.keeps(message.partition, message.offset) {
                *rejected.entry(message.reason).or_default() += 1;
                if !parcel.spooled {
                    self.dead_letters.send(message);
                }
            }
        }
        rejected
    }

    /// Sends the dead_letters of a batch that goes to the spool: later only their reasons are known.
    pub(crate) fn send_dead_letters(&self, batch: &Batch) {
        batch.rejected.iter().for_each(|message| self.dead_letters.send(message));
    }

    /// Kafka's own committed offsets are for lag tools only.
    fn tell_kafka(&self, next: &Positions) -> anyhow::Result<()> {
        let mut offsets = TopicPartitionList::new();
        for (partition, offset) in next {
            let labels = self.recorder.labels(*partition);
            #[expect(clippy::cast_precision_loss, reason = "a gauge")]
            gauge!("vitals_archive_position", &labels).set(*offset as f64);
            offsets.add_partition_offset(&self.topic, *partition, Offset::Offset(*offset))?;
        }
        failpoint::hit(Failpoint::BeforeOffsets)?;
        if offsets.count() > 0 {
            self.client.commit(&offsets, CommitMode::Async)?;
        }
        Ok(failpoint::hit(Failpoint::AfterOffsets)?)
    }
}
