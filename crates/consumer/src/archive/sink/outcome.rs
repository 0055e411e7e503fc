//! The outcome of a commit.

use super::commit_plan::Plan;

/// The outcome of a commit.
#[derive(Debug, Clone, Default)]
pub(crate) struct CommitOutcome {
    pub(crate) plan: Plan,
    /// Rows committed.
    pub(crate) rows: usize,
    /// Valid messages among them.
    pub(crate) valid: usize,
    /// An earlier commit of the same batch that had succeeded, but whose response was lost.
    pub(crate) earlier: Option<Box<CommitOutcome>>,
}

impl CommitOutcome {
    /// Returns true if the message at `offset` of `partition` was committed.
    pub(crate) fn has(&self, partition: i32, offset: i64) -> bool {
        self.plan.keeps(partition, offset)
            || self.earlier.as_ref().is_some_and(|earlier| earlier.has(partition, offset))
    }

    /// The rows committed, including those of the earlier commit.
    pub(crate) fn total_rows(&self) -> usize {
        self.rows + self.earlier.as_ref().map_or(0, |earlier| earlier.total_rows())
    }

    /// The valid messages committed, including those of the earlier commit.
    pub(crate) fn total_valid(&self) -> usize {
        self.valid + self.earlier.as_ref().map_or(0, |earlier| earlier.total_valid())
    }
}
