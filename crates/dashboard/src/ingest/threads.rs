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
    archive::Followed,
    live::Hub,
};

/// The receivers of the messages.
#[derive(Debug, Clone)]
pub struct Receivers {
    /// The live ward.
    pub hub: Arc<Hub>,
    /// The newest accesses.
    pub recent_activity: Arc<Recent>,
    /// The arrivals.
    pub followed: Followed,
}

/// Messages of each partition of the alerts from before the start.
const RECENT_ALERTS: i64 = 1_000;

/// Upper bound on a metadata request, and so on the delay until a broker outage is detected.
pub(super) const METADATA_TIMEOUT: Duration = Duration::from_secs(2);

/// Starts the partition watcher, the poller, the backfill, and the readers of contexts, alarms, alerts and
/// activity. All retry while the broker is down or the topic does not exist.
///
/// # Errors
/// If the Kafka client rejects the settings.
pub fn start(
    tasks: &mut Tasks,
    settings: &Settings,
    receivers: Receivers,
    readiness: Readiness,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let Receivers { hub, followed, .. } = &receivers;
    let kafka = &settings.kafka;
    let topic = &kafka.topics.vitals;
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
        topic: topic.clone(),
        lookback_ms: settings.dashboard.lookback_ms,
        timeout,
        backlog: backlog.clone(),
        arrivals: followed.vitals.clone(),
    };
    spawn_watcher(tasks, PartitionWatcher::new(start_offsets, readiness, sender), shutdown);

    // The backfill reads backwards from the live reader's start, so the newest readings come first.
    let backfill = Backfill {
        consumer: reader(settings)?,
        topic: topic.clone(),
        hub: Arc::clone(hub),
        options: options.clone(),
        starts,
        timeout,
        arrivals: followed.vitals.clone(),
    };
    spawn_backfill(tasks, backfill, shutdown);

    start_followers(tasks, settings, &receivers, timeout, shutdown)?;

    let poller = Poller {
        consumer,
        hub: receivers.hub,
        options,
        backlog,
        arrivals: receivers.followed.vitals,
    };
    let token = shutdown.clone();
    tasks.spawn_blocking("poller", move || poller.run(&token));
    Ok(())
}

/// Starts the readers of the topics beside the readings.
fn start_followers(
    tasks: &mut Tasks,
    settings: &Settings,
    receivers: &Receivers,
    timeout: Duration,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let Receivers { hub, recent_activity, followed } = receivers;
    let topics = &settings.kafka.topics;
    let follower = |topic: &str, start, apply, arrivals| -> anyhow::Result<TopicFollower> {
        let consumer = reader(settings)?;
        Ok(TopicFollower { consumer, topic: topic.to_owned(), start, timeout, apply, arrivals })
    };
    // Followed from their beginning: both topics hold the present state of every patient.
    let contexts = Arc::clone(hub);
    let apply: Apply = Box::new(move |message| apply_context(&contexts, message));
    let contexts = follower(&topics.patient_context, Offset::Beginning, apply, None)?;
    spawn_follower(tasks, "context reader", contexts, shutdown);

    let alarms = Arc::clone(hub);
    let apply: Apply = Box::new(move |message| apply_status(&alarms, message));
    let alarms = follower(&topics.patient_status, Offset::Beginning, apply, None)?;
    spawn_follower(tasks, "alarm reader", alarms, shutdown);

    // Only their arrivals: the alarms come from their archive.
    let newest = Offset::OffsetTail(RECENT_ALERTS);
    let apply: Apply = Box::new(|_| {});
    let alerts = follower(&topics.alerts, newest, apply, Some(followed.alerts.clone()))?;
    spawn_follower(tasks, "alert reader", alerts, shutdown);

    if settings.dashboard.activity.enabled {
        let recent = Arc::clone(recent_activity);
        let apply: Apply = Box::new(move |message| recent.apply(message.value, message.arrival_ms));
        let newest = Offset::OffsetTail(i64::try_from(RECENT_EVENTS)?);
        let activity = follower(&topics.audit, newest, apply, Some(followed.activity.clone()))?;
        spawn_follower(tasks, "activity reader", activity, shutdown);
    }
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
