//! Start positions: the offset at which reading a partition starts, from the lake, the spool and
//! Kafka's log.
//!
//! ```text
//!  rebalance ── StartRequest ──▶ resolver ──▶ known ─────▶ lake (table's position), spool (coverage)
//!      ▲                            │    └──▶ watermarks ─▶ Kafka (low and high watermark)
//!      │                            ├───────▶ log_content: the last archived message in Kafka
//!      │                            ├───────▶ existing_table: no new table beside a lost one
//!      │                            ├───────▶ initial_offsets: first commit of a new partition
//!      │                            └───────▶ stops: commit of a stop, which lasts until accept-log
//!      └────── ResolvedStart ───────┘
//! ```
//!
//! The resolver is a task of its own: the lake or the broker may be down for hours, and the
//! polling thread must not wait for them. A partition without a start position is not fetched.

mod request;
mod existing_table;
mod known_position;
mod watermarks;
mod log_content;
mod stops;
mod initial_offsets;
mod cluster_id;
mod resolver;

pub(crate) use self::{
    cluster_id::ClusterId,
    existing_table::ExistingTable,
    known_position::PositionLookup,
    log_content::{Content, LogContent},
    request::{Progress, ResolvedStart, StartOutcome, StartPosition, StartRequest},
    resolver::StartResolver,
    watermarks::LogComparison,
};
