//! Creation of the watch's topics.

use std::time::Duration;

use anyhow::{Context as _, bail};
use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    config::FromClientConfigAndContext as _,
    error::KafkaError,
    types::RDKafkaErrorCode,
};
use vitals_core::runtime::{
    config::Settings,
    kafka::{is_denied, is_unknown_topic, partitions, producer_config, request_failure},
};

use super::{client::Callbacks, recorder::WatchRecorder};

/// Creates the topics of the watch that do not exist. Alerts and states get as many partitions as
/// the readings have; actions are few.
///
/// # Errors
/// If the broker does not respond, has no readings' topic, or refuses the creation.
pub(super) async fn ensure(settings: &Settings, recorder: WatchRecorder) -> anyhow::Result<()> {
    let config = producer_config(&settings.kafka, &settings.producer, "consumer");
    let admin = AdminClient::from_config_and_context(&config, Callbacks::new(recorder))
        .context("settings: kafka")?;
    let timeout = Duration::from_millis(settings.kafka.request_timeout_ms.into());
    let topics = Topics { admin, timeout };
    let names = &settings.kafka.topics;
    let readings = topics.partitions(&names.vitals)?;
    if readings == 0 {
        bail!("no topic {}", names.vitals);
    }
    // The broker sets the time of an action: the clock of the host on which it was entered may be
    // wrong.
    let wanted = [
        (&names.alerts, readings, "delete", "CreateTime"),
        (&names.patient_status, readings, "compact", "CreateTime"),
        (&names.ward_actions, 1, "delete", "LogAppendTime"),
    ];
    for (name, partitions, policy, timestamp_type) in wanted {
        if topics.partitions(name)? == 0 {
            // -1: the broker's default replication factor.
            let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(-1))
                .set("cleanup.policy", policy)
                .set("message.timestamp.type", timestamp_type);
            topics.create(&topic).await?;
        }
    }
    Ok(())
}

/// The topics on the broker.
struct Topics {
    admin: AdminClient<Callbacks>,
    timeout: Duration,
}

impl Topics {
    /// Number of partitions of a topic; 0 if it does not exist.
    fn partitions(&self, topic: &str) -> anyhow::Result<i32> {
        let client = self.admin.inner();
        let found = partitions(client, topic, self.timeout);
        if found.as_ref().err().is_none_or(|error| is_unknown_topic(error) || is_denied(error)) {
            client.context().set_up();
        }
        match found {
            Ok(found) => Ok(i32::try_from(found.len()).unwrap_or(i32::MAX)),
            Err(error) if is_unknown_topic(&error) => Ok(0),
            Err(error) => bail!(request_failure(&error, topic, client.context().broker())),
        }
    }

    async fn create(&self, topic: &NewTopic<'_>) -> anyhow::Result<()> {
        let name = topic.name;
        let options = AdminOptions::new().request_timeout(Some(self.timeout));
        let created = self.admin.create_topics([topic], &options).await;
        for created in created.with_context(|| format!("no topic {name}"))? {
            match created {
                Ok(_) => tracing::info!(kafka.topic = name, "topic created"),
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((_, code)) if is_denied(&KafkaError::AdminOp(code)) => {
                    bail!("access to topic {name} is denied")
                }
                Err((_, code)) => bail!("no topic {name}, and it can't be created: {code}"),
            }
        }
        Ok(())
    }
}
