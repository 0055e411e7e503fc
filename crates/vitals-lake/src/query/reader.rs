//! History: what was measured of one patient, in buckets of time.
//!
//! The table is aggregated where it is read, so that a question about a week answers with as
//! many numbers as a screen can show, never with raw rows.

use std::time::{Duration, Instant};

use deltalake::{DeltaTable, datafusion::prelude::SessionContext};
use tokio::sync::{Mutex, Semaphore};
use vitals_core::domain::vital::Vital;

use super::{
    buckets::{self, History},
    plan,
};
use crate::{schema::VITALS, table::Lake};

/// How old the view of the table may be. The archive commits every few seconds.
pub(super) const FRESH: Duration = Duration::from_secs(1);

/// Questions at a time; others wait. Reading Parquet is work for a core, and the live view needs
/// one too.
const AT_ONCE: usize = 2;

/// Fewest buckets that may be asked for: a range can always touch two.
pub const MIN_POINTS: usize = 2;

/// Most buckets that may be asked for.
pub const MAX_POINTS: usize = 2000;

/// Latest time that may be asked for: the end of the year 9999, ms since the epoch.
pub const MAX_TIME_MS: i64 = 253_402_300_800_000;

/// A question: the vitals of one patient from `from_ms` up to, not including, `to_ms`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question<'a> {
    /// Who.
    pub patient_id: &'a str,
    /// First moment, ms since the epoch.
    pub from_ms: i64,
    /// The moment after the last, ms since the epoch.
    pub to_ms: i64,
    /// Most buckets in the answer, [`MIN_POINTS`] to [`MAX_POINTS`].
    pub points: usize,
    /// Which vitals.
    pub vitals: &'a [Vital],
}

/// What is wrong with a question: a field of it, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct Invalid {
    /// `from_ms`, `to_ms` or `points`.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The question makes no sense.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The storage is away, too slow, or its content can't be read.
    #[error(transparent)]
    Lake(#[from] anyhow::Error),
}

impl Question<'_> {
    /// Checks the range and the number of points.
    ///
    /// # Errors
    /// The first field that is wrong.
    pub fn validate(&self) -> Result<(), Invalid> {
        let wrong = |field, problem: &str| Err(Invalid { field, problem: problem.to_owned() });
        let Self { from_ms, to_ms, points, .. } = *self;
        if !(0..=MAX_TIME_MS).contains(&from_ms) {
            return wrong("from_ms", "is not a time between the years 1970 and 9999");
        }
        if !(0..=MAX_TIME_MS).contains(&to_ms) {
            return wrong("to_ms", "is not a time between the years 1970 and 9999");
        }
        if to_ms <= from_ms {
            return wrong("to_ms", "is not after from_ms");
        }
        if !(MIN_POINTS..=MAX_POINTS).contains(&points) {
            let problem = format!("is not between {MIN_POINTS} and {MAX_POINTS}");
            return wrong("points", &problem);
        }
        Ok(())
    }
}

/// Answers questions about the table of readings.
pub struct Reader {
    lake: Lake,
    session: SessionContext,
    pub(super) view: Mutex<View>,
    turns: Semaphore,
}

/// The table as it was loaded last; without one, it had not been created yet.
#[derive(Default)]
pub(super) struct View {
    table: Option<DeltaTable>,
    pub(super) loaded: Option<Instant>,
}

impl Reader {
    /// A reader of the tables in `lake`. Nothing is read yet.
    #[must_use]
    pub fn new(lake: Lake) -> Self {
        let session = plan::session();
        Self { lake, session, view: Mutex::default(), turns: Semaphore::new(AT_ONCE) }
    }

    /// Answers `question`; empty when the table has not been created yet.
    ///
    /// # Errors
    /// A question that makes no sense, or a lake that does not answer in time.
    pub async fn history(&self, question: &Question<'_>) -> Result<History, QueryError> {
        question.validate()?;
        let bucket_ms = buckets::length(question);
        let _turn = self.turns.acquire().await.map_err(anyhow::Error::from)?;
        let Some(table) = self.table().await? else {
            return Ok(History::empty(bucket_ms));
        };
        let rows = plan::run(&self.session, &table, question, bucket_ms);
        match self.lake.within("read the history", rows).await {
            Ok(batches) => Ok(buckets::collect(&batches, question.vitals, bucket_ms)?),
            Err(error) => {
                // The table may have been replaced: the next question opens it afresh.
                *self.view.lock().await = View::default();
                Err(error.into())
            }
        }
    }

    /// Whether the lake answers, with or without a table.
    ///
    /// # Errors
    /// When it does not.
    pub async fn check(&self) -> anyhow::Result<()> {
        self.table().await.map(drop)
    }

    /// The table, as it is now or was a second ago at most.
    async fn table(&self) -> anyhow::Result<Option<DeltaTable>> {
        let mut view = self.view.lock().await;
        if view.loaded.is_some_and(|at| at.elapsed() < FRESH) {
            return Ok(view.table.clone());
        }
        // Nothing is kept of a view that can't be brought up to date.
        let table = match std::mem::take(&mut *view).table {
            None => self.lake.open(VITALS.name).await?,
            Some(mut table) => {
                let update = table.update_incremental(None);
                self.lake.within("look for new rows", update).await?;
                Some(table)
            }
        };
        *view = View { table: table.clone(), loaded: Some(Instant::now()) };
        Ok(table)
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("lake", &self.lake).finish_non_exhaustive()
    }
}
