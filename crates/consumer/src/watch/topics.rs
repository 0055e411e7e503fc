//! Creation of the watch's topics.

use std::time::Duration;

use anyhow::{Context as _, bail};
use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    types::RDKafkaErrorCode,
};
use vitals_core::runtime::{
    config::Settings,
    kafka::{is_unknown_topic, partitions, producer_config},
};

/// Creates the topics of the watch that do not exist. Alerts and states get as many partitions as
/// the readings have; actions are few.
///
/// # Errors
/// If the broker does not respond, has no readings' topic, or refuses the creation.
pub(super) async fn ensure(settings: &Settings) -> anyhow::Result<()> {
    let topics = &settings.kafka.topics;
    let timeout = Duration::from_millis(settings.kafka.request_timeout_ms.into());
    let admin: AdminClient<DefaultClientContext> =
        producer_config(&settings.kafka, &settings.producer, "consumer")
            .create()
            .context("settings: kafka")?;
    let count = |topic: &str| match partitions(admin.inner(), topic, timeout) {
        Ok(found) => Ok(i32::try_from(found.len()).unwrap_or(i32::MAX)),
        Err(error) if is_unknown_topic(&error) => Ok(0),
        Err(error) => Err(error).context("no broker responds"),
    };
    let readings = count(&topics.vitals)?;
    if readings == 0 {
        bail!("no topic {}", topics.vitals);
    }
    let wanted = [
        (&topics.alerts, readings, "delete"),
        (&topics.patient_status, readings, "compact"),
        (&topics.ward_actions, 1, "delete"),
    ];
    for (name, partitions, policy) in wanted {
        if count(name)? > 0 {
            continue;
        }
        // -1: the broker's default replication factor.
        let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(-1))
            .set("cleanup.policy", policy);
        let options = AdminOptions::new().request_timeout(Some(timeout));
        let created = admin.create_topics([&topic], &options).await;
        for created in created.with_context(|| format!("no topic {name}"))? {
            match created {
                Ok(_) => tracing::info!(kafka.topic = name, "topic created"),
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((_, code)) => bail!("no topic {name}, and it can't be created: {code}"),
            }
        }
    }
    Ok(())
}
