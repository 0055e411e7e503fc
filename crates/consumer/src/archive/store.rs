//! The task that brings batches into the lake, one after the other, however long it takes.

use std::{
    collections::BTreeMap,
    sync::{Arc, mpsc::Sender},
    time::Instant,
};

use anyhow::Context as _;
use deltalake::DeltaTable;
use metrics::{counter, gauge, histogram};
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{CommitMode, Consumer as _},
};
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;
use vitals_core::{
    domain::rejection::Reason,
    runtime::{config::Retry, readiness::Readiness},
};
use vitals_lake::{
    position::{Positions, Source},
    schema,
    table::Lake,
};

use super::{
    Client,
    assignment::Epochs,
    batch::{Batch, DataFile},
    commit::commit,
    copies::Copies,
    encode::trim,
    origin::Origin,
    plan::{Plan, plan},
    write::write,
};
use crate::fault::{self, Step};

/// How long a stop goes on trying to bring the last batch in. What does not get in is still in
/// Kafka, and the position before it.
const LAST_TRIES: std::time::Duration = std::time::Duration::from_secs(20);

/// What the task works with.
pub(crate) struct Store {
    pub(crate) lake: Lake,
    pub(crate) client: Arc<Client>,
    pub(crate) origin: Arc<Origin>,
    pub(crate) epochs: Arc<Epochs>,
    pub(crate) copies: Copies,
    pub(crate) retry: Retry,
    pub(crate) topic: String,
    pub(crate) readiness: Readiness,
    pub(crate) rewind: Sender<i32>,
    pub(crate) shutdown: CancellationToken,
}

/// The table as it was loaded last, and the positions that a commit without an answer would
/// have set.
#[derive(Default)]
struct State {
    table: Option<DeltaTable>,
    unanswered: Option<Stored>,
}

/// What an attempt came to.
#[derive(Clone)]
struct Stored {
    plan: Plan,
    /// Rows that were committed.
    rows: usize,
}

impl Store {
    /// Stores every batch that comes; ends when no more can come.
    pub(crate) async fn run(self, mut batches: Receiver<Batch>) -> anyhow::Result<()> {
        let mut state = State::default();
        while let Some(mut batch) = batches.recv().await {
            let stored = batch.spans.is_empty() || self.keep_trying(&mut state, &batch).await;
            if let Some(done) = batch.done.take() {
                // The other side may have stopped waiting.
                let _gone = done.send(());
            }
            if !stored {
                anyhow::bail!("stopped before the last batch was stored; it will be read again");
            }
        }
        Ok(())
    }

    /// Whether the batch was dealt with; a stop ends the tries.
    async fn keep_trying(&self, state: &mut State, batch: &Batch) -> bool {
        let mut stopping: Option<Instant> = None;
        for attempt in 0.. {
            let started = Instant::now();
            match self.attempt(state, batch).await {
                Ok(stored) => {
                    self.account(batch, &stored, started);
                    return true;
                }
                Err(error) => {
                    counter!("vitals_archive_failures_total").increment(1);
                    tracing::warn!(attempt, error = format!("{error:#}"), "batch not stored");
                    self.readiness.missing("lake", format!("{error:#}"));
                }
            }
            if self.shutdown.is_cancelled()
                && stopping.get_or_insert_with(Instant::now).elapsed() > LAST_TRIES
            {
                return false;
            }
            tokio::time::sleep(self.retry.pause(attempt)).await;
        }
        false
    }

    /// One attempt, from reading the table's positions to the commit.
    async fn attempt(&self, state: &mut State, batch: &Batch) -> anyhow::Result<Stored> {
        let source = self.source().await?;
        let table = self.load(state).await?;
        let partitions: Vec<i32> = batch.spans.keys().copied().collect();
        let positions = source.positions(&self.lake, &table, &partitions).await?;
        if let Some(unanswered) = state.unanswered.take()
            && unanswered.plan.next().iter().all(|(id, next)| positions.get(id) == Some(next))
        {
            tracing::info!("the commit without an answer had happened");
            state.table = Some(table);
            return Ok(unanswered);
        }
        let plan = plan(&batch.spans, &positions, &self.epochs);
        let files = kept(batch, &plan)?;
        let stored = Stored { plan, rows: files.iter().map(|file| file.rows).sum() };
        if !stored.plan.keep.is_empty() {
            self.store(state, table, &source, &files, &stored).await?;
        }
        Ok(stored)
    }

    async fn source(&self) -> anyhow::Result<Source> {
        let origin = Arc::clone(&self.origin);
        tokio::task::spawn_blocking(move || origin.source()).await.context("asking the cluster")?
    }

    /// The table in its newest version.
    async fn load(&self, state: &mut State) -> anyhow::Result<DeltaTable> {
        match state.table.take() {
            Some(mut table) => {
                self.lake.within("reload the table", table.update_state()).await?;
                Ok(table)
            }
            None => {
                let name = schema::VITALS_TABLE;
                self.lake.open_or_create(name, schema::delta_fields(), &[schema::REJECTED]).await
            }
        }
    }

    async fn store(
        &self,
        state: &mut State,
        mut table: DeltaTable,
        source: &Source,
        files: &[DataFile],
        stored: &Stored,
    ) -> anyhow::Result<()> {
        fault::pass(Step::BeforePut)?;
        let files = self.lake.within("write Parquet", write(&table, files)).await?;
        fault::pass(Step::AfterPut)?;
        let next = stored.plan.next();
        fault::pass(Step::BeforeCommit)?;
        let committed = self.lake.within("commit", commit(&mut table, source, files, &next)).await;
        let committed = committed.and_then(|()| Ok(fault::pass(Step::AfterCommit)?));
        match committed {
            Ok(()) => state.table = Some(table),
            Err(_) => state.unanswered = Some(stored.clone()),
        }
        committed
    }

    /// Counts, tells Kafka, and sends what has to be read again back to the polling thread.
    fn account(&self, batch: &Batch, stored: &Stored, started: Instant) {
        let Stored { plan, rows: kept } = stored;
        let rows: usize = batch.files.iter().map(|file| file.rows).sum();
        let mut rejected: BTreeMap<Reason, u64> = BTreeMap::new();
        for message in &batch.rejected {
            if plan.keeps(message.partition, message.offset) {
                *rejected.entry(message.reason).or_default() += 1;
                self.copies.send(message);
            }
        }
        let refused: u64 = rejected.values().sum();
        counter!("vitals_archive_consumed_total").increment(*kept as u64);
        counter!("vitals_archive_stored_total").increment((*kept as u64).saturating_sub(refused));
        for (reason, count) in rejected {
            counter!("vitals_archive_rejected_total", "reason" => reason.code()).increment(count);
        }
        counter!("vitals_archive_dropped_total").increment((rows - kept) as u64);
        histogram!("vitals_archive_commit_seconds").record(started.elapsed().as_secs_f64());
        histogram!("vitals_archive_batch_age_seconds").record(batch.since.elapsed().as_secs_f64());
        self.readiness.met("lake");
        let age_ms = u64::try_from(batch.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(rows = kept, rejected = refused, age_ms, "committed");
        if let Err(error) = self.tell_kafka(&plan.next()) {
            tracing::debug!(error = format!("{error:#}"), "offsets not committed to Kafka");
        }
        for partition in &plan.rewind {
            tracing::warn!(partition, "not where the table stands; reading again from there");
            // The polling thread ends after this task, unless it died.
            let _gone = self.rewind.send(*partition);
        }
    }

    /// Kafka's own committed offsets are for lag tools only.
    fn tell_kafka(&self, next: &Positions) -> anyhow::Result<()> {
        let mut offsets = TopicPartitionList::new();
        for (partition, offset) in next {
            let labels = [("partition", partition.to_string())];
            #[expect(clippy::cast_precision_loss, reason = "a gauge")]
            gauge!("vitals_archive_position", &labels).set(*offset as f64);
            offsets.add_partition_offset(&self.topic, *partition, Offset::Offset(*offset))?;
        }
        fault::pass(Step::BeforeOffsets)?;
        if offsets.count() > 0 {
            self.client.commit(&offsets, CommitMode::Async)?;
        }
        Ok(fault::pass(Step::AfterOffsets)?)
    }
}

/// The files with the rows that `plan` keeps.
fn kept(batch: &Batch, plan: &Plan) -> anyhow::Result<Vec<DataFile>> {
    match (plan.whole, plan.keep.is_empty()) {
        (true, _) => Ok(batch.files.clone()),
        (false, true) => Ok(Vec::new()),
        (false, false) => trim(&batch.files, plan).context("trim what is covered already"),
    }
}
