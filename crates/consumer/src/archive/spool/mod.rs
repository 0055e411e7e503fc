//! Batches on the local disk while the lake is away.

pub(crate) mod queue;
pub(crate) mod format;
pub(crate) mod directory;
pub(crate) mod coverage;
