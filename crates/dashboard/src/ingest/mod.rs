//! From Kafka to the ward: one reader of the whole topic, outside any group.
//!
//! Two threads share it. One looks after the partitions and notices when the broker is away;
//! the other polls, decodes and hands readings over, and never waits for the first.

mod partition_watcher;
mod poller;

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use rdkafka::consumer::BaseConsumer;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{
    config::Settings, kafka::reader_config, readiness::Readiness, tasks::Tasks,
};

use self::{partition_watcher::Partitions, poller::Poller};
use crate::live::Live;

/// Longest time that a question to the broker may take: it decides how soon it is noticed that
/// the broker is away.
const ASK: Duration = Duration::from_secs(2);

/// Starts both threads. A broker that is away or a topic that is not there is waited for.
///
/// # Errors
/// When the settings are refused by the Kafka client.
pub fn start(
    tasks: &mut Tasks,
    settings: &Settings,
    live: Arc<Live>,
    readiness: Readiness,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let kafka = &settings.kafka;
    let consumer: BaseConsumer =
        reader_config(kafka, "dashboard").create().context("settings: kafka")?;
    let consumer = Arc::new(consumer);
    let timeout = ASK.min(Duration::from_millis(kafka.request_timeout_ms.into()));
    let partitions = Partitions::new(
        Arc::clone(&consumer),
        kafka.topics.vitals.clone(),
        settings.dashboard.lookback_ms,
        timeout,
    );
    let (runtime, token) = (tokio::runtime::Handle::current(), shutdown.clone());
    tasks.spawn_blocking("partitions", move || {
        partitions.look_after(&readiness, &runtime, &token);
        Ok(())
    });
    let poller = Poller { consumer, live, times: settings.consumer.times };
    let shutdown = shutdown.clone();
    tasks.spawn_blocking("feed", move || poller.run(&shutdown));
    Ok(())
}
