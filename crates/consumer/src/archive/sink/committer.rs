//! One attempt to bring a batch into the lake.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context as _;
use deltalake::{DeltaTable, kernel::Transaction};
use vitals_core::domain::log_id::LogId;
use vitals_lake::{
    append::{DataFile, commit, upload},
    position::{Positions, TopicLog, txn_versions},
    schema::Table,
    table::Lake,
};

use crate::{
    archive::{
        batch::{encoder::trim, model::PendingBatch},
        sink::commit_plan::{Plan, plan},
        source::epochs::Epochs,
    },
    failpoint::{self, Failpoint},
};

/// What committer are made with, and what one leaves to the next.
pub(crate) struct Committer {
    lake: Lake,
    epochs: Arc<Epochs>,
    topic: String,
    description: &'static Table,
    /// The table as it was loaded last. A failure drops it, and the client with it that may hang.
    table: Option<DeltaTable>,
    /// A commit without an answer.
    unanswered: Option<CommitOutcome>,
}

/// What an attempt came to.
#[derive(Debug, Clone, Default)]
pub(crate) struct CommitOutcome {
    pub(crate) plan: Plan,
    /// Rows that were committed.
    pub(crate) rows: usize,
    /// Those among them that are what the topic is for.
    pub(crate) valid: usize,
    /// An earlier attempt whose answer was lost, and which had happened.
    pub(crate) earlier: Option<Box<CommitOutcome>>,
}

impl CommitOutcome {
    /// Whether the message at `offset` of `partition` went in.
    pub(crate) fn keeps(&self, partition: i32, offset: i64) -> bool {
        self.plan.keeps(partition, offset)
            || self.earlier.as_ref().is_some_and(|earlier| earlier.keeps(partition, offset))
    }

    /// Rows that went in, and those among them that are what the topic is for.
    pub(crate) fn total_rows(&self) -> (usize, usize) {
        let (rows, valid) = self.earlier.as_ref().map_or((0, 0), |earlier| earlier.total_rows());
        (rows + self.rows, valid + self.valid)
    }
}

impl Committer {
    pub(crate) fn new(
        lake: Lake,
        epochs: Arc<Epochs>,
        topic: String,
        description: &'static Table,
    ) -> Self {
        Self { lake, epochs, topic, description, table: None, unanswered: None }
    }

    /// Reads the table's positions, and commits what of the batch continues them.
    ///
    /// # Errors
    /// When the storage fails or another commit was faster. The commit may have happened all the
    /// same; the next attempt finds out.
    pub(crate) async fn attempt(&mut self, parcel: &PendingBatch) -> anyhow::Result<CommitOutcome> {
        let table = self.load().await?;
        let positions = self.positions(&table, parcel).await?;
        let earlier = self.unanswered.take().filter(|stored| {
            stored.plan.next().iter().all(|(id, next)| positions.get(id) == Some(next))
        });
        if earlier.is_some() {
            tracing::info!("the commit without an answer had happened");
        }
        let batch = &parcel.batch;
        let plan = plan(&batch.spans, parcel.spooled, &positions, &self.epochs);
        let files = self.kept(&batch.files, &plan)?;
        let rows = files.iter().map(|file| file.rows).sum();
        let valid = files.iter().filter(|file| !file.rejected).map(|file| file.rows).sum();
        let stored = CommitOutcome { plan, rows, valid, earlier: earlier.map(Box::new) };
        if stored.plan.keep.is_empty() {
            self.table = Some(table);
        } else {
            self.store(table, parcel, &files, &stored).await?;
        }
        Ok(stored)
    }

    /// The table in its newest version.
    async fn load(&mut self) -> anyhow::Result<DeltaTable> {
        match self.table.take() {
            Some(mut table) => {
                self.lake.within("reload the table", table.update_state()).await?;
                Ok(table)
            }
            None => self.lake.open_or_create(self.description).await,
        }
    }

    async fn positions(
        &self,
        table: &DeltaTable,
        parcel: &PendingBatch,
    ) -> anyhow::Result<Positions> {
        let app_ids = parcel.batch.spans.keys().map(|id| self.app_id(parcel, *id));
        let found = txn_versions(&self.lake, table, app_ids).await?;
        let positions = parcel.batch.spans.keys().zip(found);
        Ok(positions.filter_map(|(id, next)| Some((*id, next?))).collect())
    }

    fn app_id(&self, parcel: &PendingBatch, partition: i32) -> String {
        let log = parcel.logs.get(&partition).cloned().unwrap_or_default();
        TopicLog { id: LogId::from(log), topic: self.topic.clone() }.app_id(partition)
    }

    async fn store(
        &mut self,
        mut table: DeltaTable,
        parcel: &PendingBatch,
        files: &[DataFile],
        stored: &CommitOutcome,
    ) -> anyhow::Result<()> {
        failpoint::hit(Failpoint::BeforePut)?;
        let files = self.lake.within("write Parquet", upload(&table, files)).await?;
        failpoint::hit(Failpoint::AfterPut)?;
        let next = stored.plan.next().into_iter();
        let positions =
            next.map(|(id, next)| Transaction::new(self.app_id(parcel, id), next)).collect();
        let name = parcel.logs.values().next().map_or("", String::as_str);
        failpoint::hit(Failpoint::BeforeCommit)?;
        let committed =
            self.lake.within("commit", commit(&mut table, name, files, positions)).await;
        let committed = committed.and_then(|()| Ok(failpoint::hit(Failpoint::AfterCommit)?));
        match committed {
            Ok(()) => self.table = Some(table),
            Err(_) => self.unanswered = Some(stored.clone()),
        }
        committed
    }

    /// The files with the rows that `plan` keeps.
    fn kept(&self, files: &[DataFile], plan: &Plan) -> anyhow::Result<Vec<DataFile>> {
        match (plan.whole, plan.keep.is_empty()) {
            (true, _) => Ok(files.to_vec()),
            (false, true) => Ok(Vec::new()),
            (false, false) => {
                trim(files, plan, self.description).context("trim what is covered already")
            }
        }
    }
}

/// The log of every partition of a batch that was just read.
pub(crate) fn logs(
    spans: &BTreeMap<i32, crate::archive::batch::model::Span>,
    epochs: &Epochs,
) -> BTreeMap<i32, String> {
    spans.iter().filter_map(|(id, span)| Some((*id, epochs.log(span.epoch)?))).collect()
}
