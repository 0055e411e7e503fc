//! From Kafka to the lake: poll, decode into rows, encode, plan, write, commit.
//!
//! One thread polls and decodes, one encodes Parquet; neither waits for the storage. One task
//! writes and commits, one batch at a time. Between them stand short channels: while the first
//! one is full no message is taken from librdkafka, but polling goes on.

mod account;
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

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use anyhow::Context as _;
use rdkafka::consumer::BaseConsumer;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{config::Settings, kafka, readiness::Readiness, tasks::Tasks};
use vitals_lake::table::Lake;

pub use self::board::{Board, router};
pub(crate) use self::commit::commit;
use self::{
    account::Account,
    assignment::Epochs,
    attempt::Attempts,
    context::Context,
    copies::Copies,
    origin::Origin,
    poll::Poller,
    spool::{Folder, Spool},
    start::Starter,
    store::{SharedSpool, Store},
};
use crate::feed::Feed;

/// The client that polls.
type Client = BaseConsumer<Context>;

/// Pieces that may wait for the encoding thread.
const PIECES: usize = 4;

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
    let settings = feed.settings(settings.clone());
    let topic = feed.topic(&settings.kafka).to_owned();
    let table = feed.table();
    let board = Board::new(&topic, table.name, readiness.clone());
    let lake = Lake::new(&settings.lake)?;
    let spool = open_spool(&settings, &topic)?;
    let config = kafka::archive_config(&settings.kafka, &settings.consumer, "consumer");
    let context = Context::new(readiness.clone(), board.clone());
    let client: Client = config.create_with_context(context).context("settings: kafka")?;
    let client = Arc::new(client);
    let origin = Arc::new(Origin::new(Arc::clone(&client), topic.clone(), &settings.kafka));
    let epochs = Arc::new(Epochs::default());
    let (batches_in, batches_out) = tokio::sync::mpsc::channel(1);
    let (rewind_in, rewind_out) = mpsc::channel();
    let store = Store {
        spool: Arc::clone(&spool),
        account: Account {
            client: Arc::clone(&client),
            copies: Copies::new(&settings, board.topic()).context("settings: kafka")?,
            topic: topic.clone(),
            board: board.clone(),
        },
        epochs: Arc::clone(&epochs),
        retry: settings.consumer.retry.clone(),
        readiness: readiness.clone(),
        board: board.clone(),
        rewind: rewind_in,
        shutdown: shutdown.clone(),
    };
    let attempts = Attempts::new(lake.clone(), Arc::clone(&epochs), topic.clone(), table);
    tasks.spawn("store", store.run(attempts, batches_out));
    let (starts_in, starts_out) = tokio::sync::mpsc::unbounded_channel();
    let (answers_in, answers_out) = mpsc::channel();
    let starter = Starter {
        client: Arc::clone(&client),
        lake,
        origin,
        spool: Arc::clone(&spool),
        topic: topic.clone(),
        table,
        retry: settings.consumer.retry.clone(),
        request_timeout: Duration::from_millis(settings.kafka.request_timeout_ms.into()),
        readiness: readiness.clone(),
        board: board.clone(),
        answers: answers_in,
        shutdown: shutdown.clone(),
    };
    tasks.spawn("start", starter.run(starts_out));
    let timeout = Duration::from_millis(settings.kafka.request_timeout_ms.into());
    let admin = kafka::producer_config(&settings.kafka, &settings.producer, "consumer");
    let watch = retention::watch(admin, topic.clone(), timeout, board.clone(), shutdown.clone());
    tasks.spawn("retention", watch);
    let (pieces_in, pieces_out) = tokio::sync::mpsc::channel(PIECES);
    tasks.spawn_blocking("encode", move || encode::encode_pieces(pieces_out, &batches_in, table));
    let poller = Poller {
        feed,
        topic,
        client,
        settings,
        epochs,
        spool,
        board: board.clone(),
        starts: starts_in,
        started: answers_out,
        pieces: pieces_in,
        rewind: rewind_out,
        readiness,
        runtime: tokio::runtime::Handle::current(),
        shutdown: shutdown.clone(),
    };
    tasks.spawn_blocking("poll", move || poller.run());
    Ok(board)
}

/// The spool of this group, instance, topic and lake: what waits in it belongs nowhere else.
fn open_spool(settings: &Settings, topic: &str) -> anyhow::Result<SharedSpool> {
    let consumer = &settings.consumer;
    let lake = crc32fast::hash(settings.lake.url.as_bytes());
    let parts = [&consumer.group_id, topic, &consumer.instance_id];
    let name: String = parts
        .map(|part| part.replace(|character: char| !character.is_ascii_alphanumeric(), "-"))
        .join(".");
    let named = !consumer.instance_id.is_empty();
    let folder = Folder::take(&consumer.spool, &format!("{name}.{lake:08x}"), named)?;
    Ok(Arc::new(Mutex::new(Spool::open(folder)?)))
}
