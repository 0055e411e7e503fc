//! The consumer, and the two threads that share it.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use rdkafka::consumer::BaseConsumer;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{
    config::Settings, kafka::reader_config, readiness::Readiness, tasks::Tasks,
};

use super::{partition_watcher::PartitionWatcher, poller::Poller, start_offsets::StartOffsets};
use crate::live::Hub;

/// Upper bound on a metadata request, and so on the delay until a broker outage is detected.
pub(super) const METADATA_TIMEOUT: Duration = Duration::from_secs(2);

/// Starts the partition watcher and the poller. Both retry while the broker is down or the topic
/// does not exist.
///
/// # Errors
/// If the Kafka client rejects the settings.
pub fn start(
    tasks: &mut Tasks,
    settings: &Settings,
    hub: Arc<Hub>,
    readiness: Readiness,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let kafka = &settings.kafka;
    let consumer: BaseConsumer =
        reader_config(kafka, "dashboard").create().context("settings: kafka")?;
    let consumer = Arc::new(consumer);

    // The watcher blocks on metadata requests, the poller on messages: a thread each.
    let timeout = METADATA_TIMEOUT.min(Duration::from_millis(kafka.request_timeout_ms.into()));
    let start_offsets = StartOffsets {
        consumer: Arc::clone(&consumer),
        topic: kafka.topics.vitals.clone(),
        lookback_ms: settings.dashboard.lookback_ms,
        timeout,
    };
    let watcher = PartitionWatcher::new(start_offsets, readiness);
    let runtime = tokio::runtime::Handle::current();
    let token = shutdown.clone();
    tasks.spawn_blocking("partition watcher", move || {
        watcher.run(&runtime, &token);
        Ok(())
    });

    let poller = Poller { consumer, hub, time_limits: settings.consumer.times };
    let token = shutdown.clone();
    tasks.spawn_blocking("poller", move || poller.run(&token));
    Ok(())
}
