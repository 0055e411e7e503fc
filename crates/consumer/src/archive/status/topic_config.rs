//! The topic's settings on the broker: its retention, which limits how long an outage of the lake may
//! last, and the type of its timestamps.

use std::time::Duration;

use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, ResourceSpecifier},
    client::DefaultClientContext,
};
use tokio_util::sync::CancellationToken;
use vitals_lake::schema::VITALS;

use super::{StatusRecorder, TimestampType};

/// Interval of the polls: an operator may change the settings while the service runs.
const POLL_INTERVAL: Duration = Duration::from_secs(600);

/// The settings; each `None` if it is unknown.
#[derive(Debug, Default)]
struct TopicConfig {
    retention_ms: Option<i64>,
    timestamp_type: Option<TimestampType>,
}

/// Polls the topic's settings until shutdown. While the broker does not return them, the status has
/// no estimate of the remaining time, and the timestamp type is that of the messages.
pub(crate) async fn poll_topic_config(
    config: ClientConfig,
    topic: String,
    request_timeout: Duration,
    recorder: StatusRecorder,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let admin: AdminClient<DefaultClientContext> = config.create()?;
    let options = AdminOptions::new().request_timeout(Some(request_timeout));
    loop {
        let poll = topic_config(&admin, &topic, &options);
        let Some(polled) = shutdown.run_until_cancelled(poll).await else { return Ok(()) };
        recorder.set_retention_ms(polled.retention_ms);
        if let Some(timestamp_type) = polled.timestamp_type {
            recorder.set_timestamp_type(timestamp_type);
        }
        let sleep = tokio::time::sleep(POLL_INTERVAL);
        if shutdown.run_until_cancelled(sleep).await.is_none() {
            return Ok(());
        }
    }
}

impl StatusRecorder {
    /// Sets the topic's timestamp type. Readings with the sender's timestamps are reported once.
    pub(crate) fn set_timestamp_type(&self, found: TimestampType) {
        let mut status = self.status();
        if status.timestamp_type == Some(found) {
            return;
        }
        status.timestamp_type = Some(found);
        if found == TimestampType::CreateTime && status.table == VITALS.name {
            tracing::warn!(
                kafka.topic = status.topic,
                "the topic has CreateTime, so the arrival of a reading is its sender's time; set \
                 message.timestamp.type=LogAppendTime"
            );
        }
    }
}

async fn topic_config(
    admin: &AdminClient<DefaultClientContext>,
    topic: &str,
    options: &AdminOptions,
) -> TopicConfig {
    let resource = [ResourceSpecifier::Topic(topic)];
    let described = admin.describe_configs(&resource, options).await.ok();
    let Some(Ok(config)) = described.and_then(|found| found.into_iter().next()) else {
        return TopicConfig::default();
    };
    let value = |name: &str| config.get(name).and_then(|entry| entry.value.clone());
    let retention_ms = value("retention.ms").and_then(|text| text.parse().ok());
    TopicConfig {
        // A negative value means unlimited retention.
        retention_ms: retention_ms.filter(|retention_ms| *retention_ms >= 0),
        timestamp_type: match value("message.timestamp.type").as_deref() {
            Some("CreateTime") => Some(TimestampType::CreateTime),
            Some("LogAppendTime") => Some(TimestampType::LogAppendTime),
            _ => None,
        },
    }
}
