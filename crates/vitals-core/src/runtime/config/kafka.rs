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
    /// Any other librdkafka property, for example `security.protocol`.
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
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let servers = self.bootstrap_servers.trim();
        check(!servers.is_empty(), "kafka.bootstrap_servers", "names no broker")?;
        check(self.request_timeout_ms >= 100, "kafka.request_timeout_ms", "is below 100 ms")?;
        check(!self.topics.vitals.is_empty(), "kafka.topics.vitals", "is empty")?;
        check(!self.topics.rejected.is_empty(), "kafka.topics.rejected", "is empty")
    }
}
