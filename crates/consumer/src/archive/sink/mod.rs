//! From batches to the lake.

pub(crate) mod storage_task;
pub(crate) mod destinations;
pub(crate) mod outcome;
pub(crate) mod committer;
pub(crate) mod commit_plan;
pub(crate) mod acknowledge;
pub(crate) mod dead_letters;
pub(crate) mod drain;
