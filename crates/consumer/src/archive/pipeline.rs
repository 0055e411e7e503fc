//! Builds the stages of one topic's archive and the channels between them.

mod monitoring;

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{config::Settings, kafka, readiness::Readiness, tasks::Tasks};
use vitals_lake::{schema::Table, table::Lake};

use super::{
    batch::{EncoderInput, run_encoder},
    client::{Callbacks, Client},
    epochs::Epochs,
    memory_budget::MemoryBudget,
    sink::{
        Acknowledger, Committer, DeadLetterQueue, DeadLetters, Destinations, FollowUp, StorageTask,
    },
    source::{Poller, Rebalancer},
    spool::SharedSpool,
    start::{
        ClusterId, ExistingTable, LogComparison, LogContent, PositionLookup, ResolvedStart,
        StartRequest, StartResolver,
    },
    status::StatusRecorder,
};
use crate::feed::Feed;

/// Capacity of the encoder's channel, in parts of a batch.
const ENCODER_CAPACITY: usize = 4;

/// Capacity of the storage task's channel, in batches.
const STORAGE_CAPACITY: usize = 1;

/// Starts the tasks that archive `feed`. Returns the recorder of its status.
///
/// # Errors
/// When a setting of the Kafka client, the lake or the spool is unusable.
pub fn start(
    tasks: &mut Tasks,
    feed: Feed,
    settings: &Settings,
    readiness: Readiness,
    shutdown: &CancellationToken,
) -> anyhow::Result<StatusRecorder> {
    let pipeline = Pipeline::new(feed, settings, readiness, shutdown)?;
    let recorder = pipeline.recorder.clone();
    pipeline.start(tasks)?;
    Ok(recorder)
}

/// The resources that the stages share.
struct Pipeline {
    feed: Feed,
    /// The settings of this feed.
    settings: Settings,
    topic: String,
    table: &'static Table,
    recorder: StatusRecorder,
    lake: Lake,
    spool: SharedSpool,
    client: Arc<Client>,
    epochs: Arc<Epochs>,
    readiness: Readiness,
    shutdown: CancellationToken,
}

/// The polling thread's ends of the channels.
struct PollerChannels {
    encoder: tokio::sync::mpsc::Sender<EncoderInput>,
    start_requests: tokio::sync::mpsc::UnboundedSender<StartRequest>,
    resolved_starts: mpsc::Receiver<ResolvedStart>,
    rewinds: mpsc::Receiver<i32>,
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
        let table = feed.table();
        let recorder = StatusRecorder::new(&topic, table.name, readiness.clone());
        let lake = Lake::new(&settings.lake)?;
        let spool = SharedSpool::open(&settings, &topic)?;
        let config = kafka::archive_config(&settings.kafka, &settings.consumer, "consumer");
        let callbacks = Callbacks::new(readiness.clone(), recorder.clone());
        let client: Client = config.create_with_context(callbacks).context("settings: kafka")?;
        Ok(Self {
            feed,
            settings,
            topic,
            table,
            recorder,
            lake,
            spool,
            client: Arc::new(client),
            epochs: Arc::default(),
            readiness,
            shutdown: shutdown.clone(),
        })
    }

    /// Starts every stage, in the order of the data.
    fn start(self, tasks: &mut Tasks) -> anyhow::Result<()> {
        // The channels between the stages.
        let (encoder, encoder_inputs) = tokio::sync::mpsc::channel(ENCODER_CAPACITY);
        let (storage, batches) = tokio::sync::mpsc::channel(STORAGE_CAPACITY);
        let (start_requests, requests) = tokio::sync::mpsc::unbounded_channel();
        let (resolved, resolved_starts) = mpsc::channel();
        let (rewinding, rewinds) = mpsc::channel();

        // Every stage is built before the first one starts, so that an invalid setting starts none.
        let channels = PollerChannels { encoder, start_requests, resolved_starts, rewinds };
        let poller = self.poller(channels);
        let start_resolver = self.start_resolver(resolved);
        let storage_task = self.storage_task(rewinding)?;
        let table = self.table;

        tasks.spawn_blocking("poller", move || poller.run());
        tasks.spawn("start resolver", start_resolver.run(requests));
        tasks.spawn_blocking("encoder", move || run_encoder(encoder_inputs, &storage, table));
        tasks.spawn("storage", storage_task.run(self.committer(), batches));
        tasks.spawn("topic config", self.poll_topic_config());
        tasks.spawn("progress", self.watch_progress());
        Ok(())
    }

    fn poller(&self, channels: PollerChannels) -> Poller {
        let PollerChannels { encoder, start_requests, resolved_starts, rewinds } = channels;
        let consumer = &self.settings.consumer;
        Poller {
            feed: self.feed,
            options: consumer.decode_options(),
            rotation: consumer.rotation.clone(),
            retry: consumer.retry.clone(),
            memory: MemoryBudget::new(consumer.rotation.max_bytes),
            // Twice the limit of payloads: discarded messages are fetched again.
            prefetch_bytes: consumer.queue_kib as usize * 1024 * 2,
            encoder,
            rebalancer: Rebalancer {
                topic: self.topic.clone(),
                client: Arc::clone(&self.client),
                epochs: Arc::clone(&self.epochs),
                spool: self.spool.clone(),
                recorder: self.recorder.clone(),
                start_requests,
                resolved_starts,
                rewinds,
                runtime: tokio::runtime::Handle::current(),
                shutdown: self.shutdown.clone(),
            },
        }
    }

    fn start_resolver(&self, resolved: mpsc::Sender<ResolvedStart>) -> StartResolver {
        let cluster_id = Arc::new(ClusterId::new(
            Arc::clone(&self.client),
            self.topic.clone(),
            self.request_timeout(),
        ));
        StartResolver {
            lookup: PositionLookup {
                lake: self.lake.clone(),
                table: self.existing_table(),
                cluster_id: Arc::clone(&cluster_id),
                spool: self.spool.clone(),
                readiness: self.readiness.clone(),
                recorder: self.recorder.clone(),
            },
            comparison: LogComparison {
                client: Arc::clone(&self.client),
                topic: self.topic.clone(),
                table: self.table,
                request_timeout: self.request_timeout(),
                content: self.log_content(),
                recorder: self.recorder.clone(),
            },
            cluster_id,
            retry: self.settings.consumer.retry.clone(),
            recorder: self.recorder.clone(),
            resolved,
            shutdown: self.shutdown.clone(),
        }
    }

    fn log_content(&self) -> LogContent {
        let mut config = kafka::reader_config(&self.settings.kafka, "consumer.verification");
        // It joins no group, but the client looks for the coordinator, which needs the right to one.
        config.set("group.id", &self.settings.consumer.group_id);
        LogContent::new(config, self.topic.clone(), self.request_timeout())
    }

    fn existing_table(&self) -> ExistingTable {
        ExistingTable::new(
            self.lake.clone(),
            self.table,
            Arc::clone(&self.client),
            self.topic.clone(),
            self.request_timeout(),
            self.settings.consumer.create_tables,
        )
    }

    fn committer(&self) -> Committer {
        let epochs = Arc::clone(&self.epochs);
        Committer::new(self.lake.clone(), epochs, self.topic.clone(), self.table)
    }

    fn storage_task(&self, rewinds: mpsc::Sender<i32>) -> anyhow::Result<StorageTask> {
        let follow_up = FollowUp {
            acknowledger: self.acknowledger()?,
            epochs: Arc::clone(&self.epochs),
            readiness: self.readiness.clone(),
            recorder: self.recorder.clone(),
            rewinds,
        };
        Ok(StorageTask {
            spool: self.spool.clone(),
            destinations: Destinations {
                spool: self.spool.clone(),
                follow_up,
                metrics: self.recorder.metrics().clone(),
                readiness: self.readiness.clone(),
                shutdown: self.shutdown.clone(),
            },
            epochs: Arc::clone(&self.epochs),
            retry: self.settings.consumer.retry.clone(),
            readiness: self.readiness.clone(),
            recorder: self.recorder.clone(),
            shutdown: self.shutdown.clone(),
        })
    }

    fn acknowledger(&self) -> anyhow::Result<Acknowledger> {
        let metrics = self.recorder.metrics();
        let dead_letters = DeadLetters::new(&self.settings, self.topic.clone(), metrics)
            .context("settings: kafka")?;
        Ok(Acknowledger {
            client: Arc::clone(&self.client),
            dead_letters: DeadLetterQueue::start(dead_letters)?,
            topic: self.topic.clone(),
            recorder: self.recorder.clone(),
        })
    }

    fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.settings.kafka.request_timeout_ms.into())
    }
}
