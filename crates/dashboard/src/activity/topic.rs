//! The creation of topic `audit`.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    config::FromClientConfigAndContext as _,
    error::KafkaError,
    types::RDKafkaErrorCode,
};
use vitals_core::runtime::kafka::{ProducerCallbacks, is_denied, request_failure, topic_exists};

/// Retention of a topic that the dashboard creates: as long as that of alerts. The lake keeps events
/// for as long as its settings tell.
const RETENTION: Duration = Duration::from_secs(90 * 86_400);

/// Creates the topic if it does not exist.
pub(super) struct Topic {
    admin: Arc<AdminClient<ProducerCallbacks>>,
    name: String,
    timeout: Duration,
}

impl Topic {
    pub(super) fn new(
        config: &ClientConfig,
        callbacks: ProducerCallbacks,
        name: &str,
        timeout: Duration,
    ) -> anyhow::Result<Self> {
        let admin =
            AdminClient::from_config_and_context(config, callbacks).context("settings: kafka")?;
        Ok(Self { admin: Arc::new(admin), name: name.to_owned(), timeout })
    }

    /// Creates the topic unless it exists.
    ///
    /// # Errors
    /// If no broker responds, or the broker refuses the creation.
    pub(super) async fn ensure(&self) -> anyhow::Result<()> {
        let (admin, name, timeout) = (Arc::clone(&self.admin), self.name.clone(), self.timeout);
        let found = tokio::task::spawn_blocking(move || {
            topic_exists(admin.inner(), &name, timeout)
                .map_err(|error| request_failure(&error, &name, admin.inner().context().broker()))
        });
        match found.await? {
            Ok(true) => Ok(()),
            Ok(false) => self.create().await,
            Err(failure) => bail!(failure),
        }
    }

    async fn create(&self) -> anyhow::Result<()> {
        let retention_ms = RETENTION.as_millis().to_string();
        // -1: the broker's default replication factor. One partition keeps the order.
        let topic = NewTopic::new(&self.name, 1, TopicReplication::Fixed(-1))
            .set("cleanup.policy", "delete")
            .set("retention.ms", &retention_ms);
        let options = AdminOptions::new().request_timeout(Some(self.timeout));
        let name = &self.name;
        let created = self.admin.create_topics([&topic], &options).await;
        for created in created.with_context(|| format!("no topic {name}"))? {
            match created {
                Ok(_) => tracing::info!(kafka.topic = name, "topic created"),
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((_, code)) if is_denied(&KafkaError::AdminOp(code)) => {
                    bail!("no topic {name}, and the permission to create it is denied")
                }
                Err((_, code)) => bail!("no topic {name}, and it can't be created: {code}"),
            }
        }
        Ok(())
    }
}
