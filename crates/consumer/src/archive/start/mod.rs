//! Where a partition starts.

pub(crate) mod resolver;
pub(crate) mod known;
pub(crate) mod watermarks;
pub(crate) mod initial_offsets;
pub(crate) mod cluster_id;
