//! Section `[kafka]`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    error::{ConfigError, check},
    secret::read_secret,
};

/// The Kafka cluster and its topics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KafkaSettings {
    /// Bootstrap brokers: comma-separated `host:port`.
    pub bootstrap_servers: String,
    /// Timeout of a request to a broker, ms.
    pub request_timeout_ms: u32,
    /// The topics.
    pub topics: TopicSettings,
    /// Further librdkafka properties, for example `security.protocol`. A value `file:PATH` or
    /// `env:NAME` refers to a file or a variable, which keeps secrets out of the settings.
    pub properties: BTreeMap<String, String>,
}

/// Names of the topics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TopicSettings {
    /// Readings, keyed by patient.
    pub vitals: String,
    /// Dead letters: rejected messages.
    pub rejected: String,
    /// Predictions, keyed by request id.
    pub predictions: String,
}

impl Default for TopicSettings {
    fn default() -> Self {
        Self {
            vitals: "vitals".to_owned(),
            rejected: "vitals.rejected".to_owned(),
            predictions: "predictions".to_owned(),
        }
    }
}

impl Default for KafkaSettings {
    fn default() -> Self {
        Self {
            bootstrap_servers: "127.0.0.1:9092".to_owned(),
            request_timeout_ms: 10_000,
            topics: TopicSettings::default(),
            properties: BTreeMap::new(),
        }
    }
}

impl KafkaSettings {
    /// Resolves properties of the form `file:PATH` and `env:NAME`.
    pub(super) fn read_secrets(&mut self) -> Result<(), ConfigError> {
        for (key, value) in &mut self.properties {
            read_secret(&format!("kafka.properties.{key}"), value)?;
        }
        Ok(())
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let servers = self.bootstrap_servers.trim();
        check(!servers.is_empty(), "kafka.bootstrap_servers", "names no broker")?;
        check(self.request_timeout_ms >= 100, "kafka.request_timeout_ms", "is below 100 ms")?;
        check(!self.topics.vitals.is_empty(), "kafka.topics.vitals", "is empty")?;
        check(!self.topics.rejected.is_empty(), "kafka.topics.rejected", "is empty")?;
        check(!self.topics.predictions.is_empty(), "kafka.topics.predictions", "is empty")
    }
}
