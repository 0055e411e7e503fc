//! Commits batches to the lake, exactly once.

use std::sync::Arc;

use anyhow::Context as _;
use deltalake::kernel::Transaction;
use vitals_lake::{
    append::{self, DataFile, LogWriter, upload},
    position::{Positions, TopicLog, Transactions},
    schema::Table,
    table::Lake,
};

use super::{
    commit_plan::{Plan, plan},
    outcome::CommitOutcome,
    trim::trim,
};
use crate::{
    archive::{batch::PendingBatch, epochs::Epochs},
    failpoint::{self, Failpoint},
};

/// Commits batches. A failed commit may have succeeded with its response lost; the next one finds
/// out from the table's positions.
pub(crate) struct Committer {
    lake: Lake,
    epochs: Arc<Epochs>,
    topic: String,
    schema: &'static Table,
    /// The end of the table's log. A failure drops it, together with a client that may hang.
    log: Option<LogWriter>,
    /// The positions in that log.
    transactions: Transactions,
    /// The log ends with this process's own last commit. If another commit has moved a position
    /// since, the next one is refused.
    up_to_date: bool,
    /// A commit without a response.
    unconfirmed: Option<CommitOutcome>,
}

impl Committer {
    pub(crate) fn new(
        lake: Lake,
        epochs: Arc<Epochs>,
        topic: String,
        schema: &'static Table,
    ) -> Self {
        Self {
            lake,
            epochs,
            topic,
            schema,
            log: None,
            transactions: Transactions::default(),
            up_to_date: false,
            unconfirmed: None,
        }
    }

    /// Reads the table's positions and commits the part of the batch that continues them.
    ///
    /// # Errors
    /// When the storage fails or another commit was faster. The commit may have succeeded all the
    /// same; the next call finds out.
    pub(crate) async fn commit(&mut self, pending: &PendingBatch) -> anyhow::Result<CommitOutcome> {
        // Where does the table stand, and did the previous commit succeed?
        let log = self.load().await?;
        self.transactions.update(&self.lake, log.table(), log.version()).await?;
        let positions = self.positions(pending);
        let earlier = self.confirm(&positions);

        // Leave out everything that the lake has already.
        let batch = &pending.batch;
        let plan = plan(&batch.ranges, pending.spooled, &positions, &self.epochs);
        let files = self.kept_files(&batch.files, &plan)?;
        let outcome = CommitOutcome {
            plan,
            rows: files.iter().map(|file| file.rows).sum(),
            valid: files.iter().filter(|file| !file.rejected).map(|file| file.rows).sum(),
            earlier: earlier.map(Box::new),
        };

        // Upload and commit the rest.
        if outcome.plan.keep.is_empty() {
            self.log = Some(log);
        } else {
            self.append(log, pending, &files, &outcome).await?;
        }
        Ok(outcome)
    }

    /// The log: its newest version, or that of the last commit.
    async fn load(&mut self) -> anyhow::Result<LogWriter> {
        if let Some(mut log) = self.log.take() {
            self.lake.require_log(&log).await?;
            // Skipped after an own commit: reading the log again would delay every batch.
            if std::mem::take(&mut self.up_to_date)
                || self.lake.within("read the table's log", log.refresh()).await?
            {
                return Ok(log);
            }
        }
        // The table existed when the first of these rows was read.
        self.transactions = Transactions::default();
        let name = self.schema.name;
        let log = self.lake.open_log(name).await?;
        log.with_context(|| format!("no table {}", self.lake.table_url(name)))
    }

    /// The table's positions of the batch's partitions.
    fn positions(&self, pending: &PendingBatch) -> Positions {
        let found = pending.batch.ranges.keys().filter_map(|partition| {
            let log = self.topic_log(pending, *partition);
            Some((*partition, log.position(&self.transactions, *partition)?))
        });
        found.collect()
    }

    /// The unconfirmed commit, if the table's positions show that it succeeded.
    fn confirm(&mut self, positions: &Positions) -> Option<CommitOutcome> {
        let unconfirmed = self.unconfirmed.take()?;
        let next = unconfirmed.plan.next();
        if next.iter().any(|(partition, next)| positions.get(partition) != Some(next)) {
            return None;
        }
        tracing::info!("the previous commit had succeeded; its response was lost");
        Some(unconfirmed)
    }

    /// The log that the batch has of a partition.
    fn topic_log(&self, pending: &PendingBatch, partition: i32) -> TopicLog {
        let id = pending.logs.get(&partition).cloned().unwrap_or_default();
        TopicLog { id, topic: self.topic.clone() }
    }

    /// The `txn` actions that move the positions behind the rows of `plan`.
    fn moved(&self, pending: &PendingBatch, plan: &Plan) -> Vec<Transaction> {
        let mut moved = Vec::new();
        for (partition, next) in plan.next() {
            let log = self.topic_log(pending, partition);
            // Without a newer message, the one before still identifies the log.
            let last = pending.batch.last_messages.get(&partition).copied();
            let last = last.or_else(|| log.last_message(&self.transactions, partition));
            moved.extend(log.moved(partition, next, last));
        }
        moved
    }

    /// Uploads `files` and commits them with the new positions.
    async fn append(
        &mut self,
        mut log: LogWriter,
        pending: &PendingBatch,
        files: &[DataFile],
        outcome: &CommitOutcome,
    ) -> anyhow::Result<()> {
        // An uploaded file is invisible until the commit names it.
        failpoint::hit(Failpoint::BeforePut)?;
        let files = self.lake.within("upload Parquet", upload(log.table(), files)).await?;
        failpoint::hit(Failpoint::AfterPut)?;

        // Files and positions become visible together.
        let positions = self.moved(pending, &outcome.plan);
        let query_id = pending.logs.values().next().cloned().unwrap_or_default();
        failpoint::hit(Failpoint::BeforeCommit)?;
        let commit = log.commit(query_id.as_str(), files, positions.clone());
        let committed = self.lake.within("commit", commit).await;
        let committed = committed.and_then(|()| Ok(failpoint::hit(Failpoint::AfterCommit)?));

        match &committed {
            Ok(()) => {
                self.transactions.committed(log.version(), &positions);
                self.log = Some(log);
                self.up_to_date = true;
            }
            // Refused: nothing was committed, and the client is healthy.
            Err(error) if error.downcast_ref().is_some_and(append::is_conflict) => {
                self.log = Some(log);
            }
            // Without a response, the next call compares the positions.
            Err(_) => self.unconfirmed = Some(outcome.clone()),
        }
        committed
    }

    /// The files with the rows that `plan` keeps.
    fn kept_files(&self, files: &[DataFile], plan: &Plan) -> anyhow::Result<Vec<DataFile>> {
        // The usual case: the batch continues the table, and its files are uploaded as encoded.
        if plan.whole {
            return Ok(files.to_vec());
        }
        if plan.keep.is_empty() {
            return Ok(Vec::new());
        }
        trim(files, plan, self.schema).context("trimming rows that are archived already")
    }
}
