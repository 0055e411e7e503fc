//! From Kafka to the lake: poll, decode into rows, encode, plan, write, commit.
//!
//! One thread polls and decodes, one encodes Parquet; neither waits for the storage. One task
//! writes and commits, one batch at a time. Between them stand short channels: while the first
//! one is full no message is taken from librdkafka, but polling goes on.

mod account;
mod assembly;
mod assignment;
mod attempt;
pub(crate) mod batch;
mod begin;
mod board;
pub(crate) mod columns;
mod commit;
mod context;
mod copies;
mod drain;
mod encode;
mod fetch;
mod lag;
mod origin;
mod plan;
mod poll;
mod rebalance;
mod retention;
mod rows;
mod spool;
mod start;
mod statistics;
mod store;
mod write;

use rdkafka::consumer::BaseConsumer;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{config::Settings, readiness::Readiness, tasks::Tasks};

pub use self::board::{Board, router};
pub(crate) use self::commit::commit;
use self::{assembly::Assembly, context::Context};
use crate::feed::Feed;

/// The client that polls.
type Client = BaseConsumer<Context>;

/// Starts the tasks that archive `feed`. Returns the board that says how that goes.
///
/// # Errors
/// When a setting for the Kafka client, the lake or the spool can't be used.
pub fn start(
    tasks: &mut Tasks,
    feed: Feed,
    settings: &Settings,
    readiness: Readiness,
    shutdown: &CancellationToken,
) -> anyhow::Result<Board> {
    Assembly::new(feed, settings, readiness, shutdown)?.start(tasks)
}
