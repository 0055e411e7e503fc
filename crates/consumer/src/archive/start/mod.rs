//! Start positions: the offset at which reading a partition starts, from the lake, the spool and
//! Kafka's log.
//!
//! ```text
//!  rebalance ── StartRequest ──▶ resolver ──▶ known ─────▶ lake (table's position), spool (coverage)
//!      ▲                            │    └──▶ watermarks ─▶ Kafka (low and high watermark)
//!      │                            └───────▶ initial_offsets: first commit of a new partition
//!      └────── ResolvedStart ───────┘
//! ```
//!
//! The resolver is a task of its own: the lake or the broker may be down for hours, and the
//! polling thread must not wait for them. A partition without a start position is not fetched.

mod request;
mod known_position;
mod watermarks;
mod initial_offsets;
mod cluster_id;
mod resolver;

pub(crate) use self::{
    cluster_id::ClusterId,
    known_position::PositionLookup,
    request::{ResolvedStart, StartPosition, StartRequest},
    resolver::StartResolver,
    watermarks::LogComparison,
};
