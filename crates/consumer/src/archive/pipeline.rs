//! Puts the stages together.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{config::Settings, kafka, readiness::Readiness, tasks::Tasks};
use vitals_lake::table::Lake;

use crate::{
    archive::{
        batch::encoder,
        sink::{
            acknowledge::Account,
            committer::Committer,
            dead_letters::DeadLetters,
            storage_task::{SharedSpool, Store},
        },
        source::{
            callbacks::{Client, Context},
            epochs::Epochs,
            poller::Poller,
        },
        spool::{directory::Folder, queue::Spool},
        start::{
            cluster_id::Origin,
            resolver::{ResolvedStart, StartResolver},
        },
        status::{recorder::StatusRecorder, retention},
    },
    feed::Feed,
};

/// Pieces that may wait for the encoding thread.
const PIECES: usize = 4;

/// Starts the tasks that archive `feed`. Returns the recorder that says how that goes.
///
/// # Errors
/// When a setting for the Kafka client, the lake or the spool can't be used.
pub fn start(
    tasks: &mut Tasks,
    feed: Feed,
    settings: &Settings,
    readiness: Readiness,
    shutdown: &CancellationToken,
) -> anyhow::Result<StatusRecorder> {
    Pipeline::new(feed, settings, readiness, shutdown)?.start(tasks)
}

/// What the stages share.
struct Pipeline {
    feed: Feed,
    /// Those of this feed.
    settings: Settings,
    topic: String,
    recorder: StatusRecorder,
    lake: Lake,
    spool: SharedSpool,
    client: Arc<Client>,
    epochs: Arc<Epochs>,
    readiness: Readiness,
    shutdown: CancellationToken,
}

impl Pipeline {
    fn new(
        feed: Feed,
        settings: &Settings,
        readiness: Readiness,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let settings = feed.settings(settings.clone());
        let topic = feed.topic(&settings.kafka).to_owned();
        let recorder = StatusRecorder::new(&topic, feed.table().name, readiness.clone());
        let lake = Lake::new(&settings.lake)?;
        let spool = open_spool(&settings, &topic)?;
        let config = kafka::archive_config(&settings.kafka, &settings.consumer, "consumer");
        let context = Context::new(readiness.clone(), recorder.clone());
        let client: Client = config.create_with_context(context).context("settings: kafka")?;
        Ok(Self {
            feed,
            settings,
            topic,
            recorder,
            lake,
            spool,
            client: Arc::new(client),
            epochs: Arc::default(),
            readiness,
            shutdown: shutdown.clone(),
        })
    }

    /// Starts every stage, with the channels between them.
    fn start(self, tasks: &mut Tasks) -> anyhow::Result<StatusRecorder> {
        let table = self.feed.table();
        let recorder = self.recorder.clone();
        let (batches_in, batches_out) = tokio::sync::mpsc::channel(1);
        let (pieces_in, pieces_out) = tokio::sync::mpsc::channel(PIECES);
        let (starts_in, starts_out) = tokio::sync::mpsc::unbounded_channel();
        let (answers_in, answers_out) = mpsc::channel();
        let (rewind_in, rewind_out) = mpsc::channel();
        tasks.spawn("store", self.store(rewind_in)?.run(self.committer(), batches_out));
        tasks.spawn("start", self.start_resolver(answers_in).run(starts_out));
        tasks.spawn("retention", self.watch_retention());
        tasks
            .spawn_blocking("encode", move || encoder::run_encoder(pieces_out, &batches_in, table));
        let poller = Poller {
            feed: self.feed,
            topic: self.topic,
            client: self.client,
            settings: self.settings,
            epochs: self.epochs,
            spool: self.spool,
            recorder: self.recorder,
            starts: starts_in,
            started: answers_out,
            pieces: pieces_in,
            rewind: rewind_out,
            readiness: self.readiness,
            runtime: tokio::runtime::Handle::current(),
            shutdown: self.shutdown,
        };
        tasks.spawn_blocking("poll", move || poller.run());
        Ok(recorder)
    }

    fn store(&self, rewind: mpsc::Sender<i32>) -> anyhow::Result<Store> {
        let dead_letters =
            DeadLetters::new(&self.settings, self.recorder.topic()).context("settings: kafka")?;
        Ok(Store {
            spool: Arc::clone(&self.spool),
            account: Account {
                client: Arc::clone(&self.client),
                dead_letters,
                topic: self.topic.clone(),
                recorder: self.recorder.clone(),
            },
            epochs: Arc::clone(&self.epochs),
            retry: self.settings.consumer.retry.clone(),
            readiness: self.readiness.clone(),
            recorder: self.recorder.clone(),
            rewind,
            shutdown: self.shutdown.clone(),
        })
    }

    fn committer(&self) -> Committer {
        let epochs = Arc::clone(&self.epochs);
        Committer::new(self.lake.clone(), epochs, self.topic.clone(), self.feed.table())
    }

    fn start_resolver(&self, answers: mpsc::Sender<ResolvedStart>) -> StartResolver {
        let client = Arc::clone(&self.client);
        let origin = Origin::new(client, self.topic.clone(), &self.settings.kafka);
        StartResolver {
            client: Arc::clone(&self.client),
            lake: self.lake.clone(),
            origin: Arc::new(origin),
            spool: Arc::clone(&self.spool),
            topic: self.topic.clone(),
            table: self.feed.table(),
            retry: self.settings.consumer.retry.clone(),
            request_timeout: self.request_timeout(),
            readiness: self.readiness.clone(),
            recorder: self.recorder.clone(),
            answers,
            shutdown: self.shutdown.clone(),
        }
    }

    fn watch_retention(&self) -> impl Future<Output = anyhow::Result<()>> + use<> {
        let settings = &self.settings;
        let admin = kafka::producer_config(&settings.kafka, &settings.producer, "consumer");
        let (recorder, shutdown) = (self.recorder.clone(), self.shutdown.clone());
        retention::watch(admin, self.topic.clone(), self.request_timeout(), recorder, shutdown)
    }

    fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.settings.kafka.request_timeout_ms.into())
    }
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
