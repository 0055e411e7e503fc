//! From Kafka to the lake: poll, decode into rows, encode, plan, write, commit.
//!
//! One thread polls and decodes, one encodes Parquet; neither waits for the storage. One task
//! writes and commits, one batch at a time. Between them stand short channels: while the first
//! one is full no message is taken from librdkafka, but polling goes on.

mod assignment;
pub(crate) mod batch;
pub(crate) mod columns;
mod commit;
mod context;
mod copies;
mod encode;
mod fetch;
mod lag;
mod origin;
mod plan;
mod poll;
mod rebalance;
mod rows;
mod start;
mod statistics;
mod store;
mod write;

use std::sync::{Arc, mpsc};

use anyhow::Context as _;
use rdkafka::consumer::BaseConsumer;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{config::Settings, kafka, readiness::Readiness, tasks::Tasks};
use vitals_lake::table::Lake;

use self::{
    assignment::Epochs, context::Context, copies::Copies, origin::Origin, poll::Poller,
    store::Store,
};

/// The client that polls.
type Client = BaseConsumer<Context>;

/// Pieces that may wait for the encoding thread.
const PIECES: usize = 4;

/// Starts the archive's tasks.
///
/// # Errors
/// When a setting for the Kafka client or the lake can't be used.
pub fn start(
    tasks: &mut Tasks,
    settings: Settings,
    readiness: Readiness,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let lake = Lake::new(&settings.lake)?;
    let config = kafka::archive_config(&settings.kafka, &settings.consumer, "consumer");
    let client: Client =
        config.create_with_context(Context::new(readiness.clone())).context("settings: kafka")?;
    let client = Arc::new(client);
    let origin = Arc::new(Origin::new(Arc::clone(&client), &settings.kafka));
    let epochs = Arc::new(Epochs::default());
    let (batches_in, batches_out) = tokio::sync::mpsc::channel(1);
    let (rewind_in, rewind_out) = mpsc::channel();
    let store = Store {
        lake: lake.clone(),
        client: Arc::clone(&client),
        origin: Arc::clone(&origin),
        epochs: Arc::clone(&epochs),
        copies: Copies::new(&settings).context("settings: kafka")?,
        retry: settings.consumer.retry.clone(),
        topic: settings.kafka.topics.vitals.clone(),
        readiness: readiness.clone(),
        rewind: rewind_in,
        shutdown: shutdown.clone(),
    };
    tasks.spawn("store", store.run(batches_out));
    let (pieces_in, pieces_out) = tokio::sync::mpsc::channel(PIECES);
    tasks.spawn_blocking("encode", move || encode::encode_pieces(pieces_out, &batches_in));
    let poller = Poller {
        client,
        settings,
        lake,
        origin,
        epochs,
        pieces: pieces_in,
        rewind: rewind_out,
        readiness,
        runtime: tokio::runtime::Handle::current(),
        shutdown: shutdown.clone(),
    };
    tasks.spawn_blocking("poll", move || poller.run());
    Ok(())
}
