//! Section `[kafka]`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ConfigError, check};

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
}

impl Default for TopicSettings {
    fn default() -> Self {
        Self { vitals: "vitals".to_owned(), rejected: "vitals.rejected".to_owned() }
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
            let read = if let Some(path) = value.strip_prefix("file:") {
                std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
            } else if let Some(name) = value.strip_prefix("env:") {
                std::env::var(name).map_err(|error| format!("{name}: {error}"))
            } else {
                continue;
            };
            let key = format!("kafka.properties.{key}");
            read.map_err(|problem| ConfigError::Value { key, problem })?
                .trim_end()
                .clone_into(value);
        }
        Ok(())
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let servers = self.bootstrap_servers.trim();
        check(!servers.is_empty(), "kafka.bootstrap_servers", "names no broker")?;
        check(self.request_timeout_ms >= 100, "kafka.request_timeout_ms", "is below 100 ms")?;
        check(!self.topics.vitals.is_empty(), "kafka.topics.vitals", "is empty")?;
        check(!self.topics.rejected.is_empty(), "kafka.topics.rejected", "is empty")
    }
}
