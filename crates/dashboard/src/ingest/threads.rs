//! The consumers, and the threads that use them.

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use anyhow::Context as _;
use rdkafka::{Offset, consumer::BaseConsumer};
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{
    config::Settings,
    kafka::{QuietCallbacks, Reader, ReaderCallbacks, reader_config},
    readiness::Readiness,
    tasks::Tasks,
};

use super::{
    arrival::Backlog,
    backfill::Backfill,
    partition_watcher::PartitionWatcher,
    poller::Poller,
    start_offsets::StartOffsets,
    topic_follower::{Apply, TopicFollower, apply_context, apply_status},
};
use crate::{
    activity::{RECENT_EVENTS, Recent},
    live::Hub,
};

/// Upper bound on a metadata request, and so on the delay until a broker outage is detected.
pub(super) const METADATA_TIMEOUT: Duration = Duration::from_secs(2);

/// Starts the partition watcher, the poller, the backfill, and the readers of contexts, alarms and
/// activity. All retry while the broker is down or the topic does not exist.
///
/// # Errors
/// If the Kafka client rejects the settings.
pub fn start(
    tasks: &mut Tasks,
    settings: &Settings,
    hub: Arc<Hub>,
    recent_activity: Arc<Recent>,
    readiness: Readiness,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let kafka = &settings.kafka;
    let topics = &kafka.topics;
    let timeout = METADATA_TIMEOUT.min(Duration::from_millis(kafka.request_timeout_ms.into()));
    let backlog = Backlog::default();
    // A device whose clock is ahead is displayed, with the error of its clock.
    let mut options = settings.consumer.decode_options();
    options.times.max_future_ms = i64::MAX;

    // The watcher blocks on metadata requests, the poller on messages: a thread each.
    let consumer = Arc::new(live_reader(settings)?);
    let (sender, starts) = mpsc::channel();
    let start_offsets = StartOffsets {
        consumer: Arc::clone(&consumer),
        topic: topics.vitals.clone(),
        lookback_ms: settings.dashboard.lookback_ms,
        timeout,
        backlog: backlog.clone(),
    };
    spawn_watcher(tasks, PartitionWatcher::new(start_offsets, readiness, sender), shutdown);

    // The backfill reads backwards from the live reader's start, so the newest readings come first.
    let backfill = Backfill {
        consumer: reader(settings)?,
        topic: topics.vitals.clone(),
        hub: Arc::clone(&hub),
        options: options.clone(),
        starts,
        timeout,
    };
    spawn_backfill(tasks, backfill, shutdown);

    let follower = |topic: &str, start, apply| -> anyhow::Result<TopicFollower> {
        let consumer = reader(settings)?;
        Ok(TopicFollower { consumer, topic: topic.to_owned(), start, timeout, apply })
    };
    // Followed from their beginning: both topics hold the present state of every patient.
    let contexts = Arc::clone(&hub);
    let apply: Apply = Box::new(move |message| apply_context(&contexts, message));
    let contexts = follower(&topics.patient_context, Offset::Beginning, apply)?;
    spawn_follower(tasks, "context reader", contexts, shutdown);

    let alarms = Arc::clone(&hub);
    let apply: Apply = Box::new(move |message| apply_status(&alarms, message));
    let alarms = follower(&topics.patient_status, Offset::Beginning, apply)?;
    spawn_follower(tasks, "alarm reader", alarms, shutdown);

    if settings.dashboard.activity.enabled {
        let apply: Apply =
            Box::new(move |message| recent_activity.apply(message.value, message.arrival_ms));
        let newest = Offset::OffsetTail(i64::try_from(RECENT_EVENTS)?);
        let activity = follower(&topics.audit, newest, apply)?;
        spawn_follower(tasks, "activity reader", activity, shutdown);
    }

    let poller = Poller { consumer, hub, options, backlog };
    let token = shutdown.clone();
    tasks.spawn_blocking("poller", move || poller.run(&token));
    Ok(())
}

/// The consumer whose broker state readiness shows.
fn live_reader(settings: &Settings) -> anyhow::Result<Reader> {
    let callbacks = ReaderCallbacks::new("live readings");
    let config = reader_config(&settings.kafka, "dashboard");
    config.create_with_context(callbacks).context("settings: kafka")
}

/// A consumer beside the live reader, which reports the outages of both.
fn reader(settings: &Settings) -> anyhow::Result<BaseConsumer<QuietCallbacks>> {
    let config = reader_config(&settings.kafka, "dashboard");
    config.create_with_context(QuietCallbacks).context("settings: kafka")
}

fn spawn_watcher(tasks: &mut Tasks, watcher: PartitionWatcher, shutdown: &CancellationToken) {
    // A thread of the blocking pool has no runtime of its own to wait for the shutdown with.
    let runtime = tokio::runtime::Handle::current();
    let token = shutdown.clone();
    tasks.spawn_blocking("partition watcher", move || {
        watcher.run(&runtime, &token);
        Ok(())
    });
}

fn spawn_backfill(tasks: &mut Tasks, backfill: Backfill, shutdown: &CancellationToken) {
    let token = shutdown.clone();
    tasks.spawn("backfill", async move {
        let running = token.clone();
        tokio::task::spawn_blocking(move || backfill.run(&running)).await?;
        // A task that ends, ends the service.
        token.cancelled().await;
        Ok(())
    });
}

fn spawn_follower(
    tasks: &mut Tasks,
    name: &'static str,
    follower: TopicFollower,
    shutdown: &CancellationToken,
) {
    let token = shutdown.clone();
    tasks.spawn_blocking(name, move || {
        follower.run(&token);
        Ok(())
    });
}
