//! Section `[kafka]`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ConfigError, check, read_secret};

/// The broker and the topics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KafkaSettings {
    /// Brokers to start from, `host:port` joined by commas.
    pub bootstrap_servers: String,
    /// Longest time that one request to the broker may take, ms.
    pub request_timeout_ms: u32,
    /// The topics.
    pub topics: TopicSettings,
    /// Any other librdkafka property, for example `security.protocol`. A value `file:PATH` or
    /// `env:NAME` is read from there, so that no secret stands in the settings.
    pub properties: BTreeMap<String, String>,
}

/// Names of the topics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TopicSettings {
    /// Readings, keyed by patient.
    pub vitals: String,
    /// Copies of the messages that were rejected.
    pub rejected: String,
    /// Every prediction, keyed by its request.
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
    /// Replaces every property `file:PATH` by the file's text and `env:NAME` by the variable's.
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
