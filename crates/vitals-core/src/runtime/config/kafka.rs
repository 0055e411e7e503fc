//! Section `[kafka]`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    error::{ConfigError, check},
    kafka_properties::refuse_owned,
    kafka_security::SecuritySettings,
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
    /// Encryption and authentication.
    pub security: SecuritySettings,
    /// Further librdkafka properties of all clients, for example `client.rack`. A value
    /// `file:PATH` or `env:NAME` refers to a file or a variable, which keeps secrets out of the
    /// settings.
    pub properties: BTreeMap<String, String>,
    /// Further properties of consumers only; they override `properties`.
    pub consumer_properties: BTreeMap<String, String>,
    /// Further properties of producers only; they override `properties`.
    pub producer_properties: BTreeMap<String, String>,
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
    /// Patient contexts, keyed by patient; compacted.
    pub patient_context: String,
    /// Episodes of simulated patients, keyed by patient.
    pub simulation_truth: String,
    /// Alarms raised, changed and cleared, keyed by patient.
    pub alerts: String,
    /// Latest state of each patient in the watch, keyed by patient; compacted.
    pub patient_status: String,
    /// Acknowledgements and silences, keyed by patient.
    pub ward_actions: String,
    /// Steps of the model versions, keyed by event id; retained for ever.
    pub model_events: String,
    /// Accesses to the views of the dashboard, keyed by event id.
    pub audit: String,
}

impl Default for TopicSettings {
    fn default() -> Self {
        Self {
            vitals: "vitals".to_owned(),
            rejected: "vitals.rejected".to_owned(),
            predictions: "predictions".to_owned(),
            patient_context: "patient-context".to_owned(),
            simulation_truth: "simulation-truth".to_owned(),
            alerts: "alerts".to_owned(),
            patient_status: "patient-status".to_owned(),
            ward_actions: "ward-actions".to_owned(),
            model_events: "model-events".to_owned(),
            audit: "audit".to_owned(),
        }
    }
}

impl Default for KafkaSettings {
    fn default() -> Self {
        Self {
            bootstrap_servers: "127.0.0.1:9092".to_owned(),
            request_timeout_ms: 10_000,
            topics: TopicSettings::default(),
            security: SecuritySettings::default(),
            properties: BTreeMap::new(),
            consumer_properties: BTreeMap::new(),
            producer_properties: BTreeMap::new(),
        }
    }
}

impl KafkaSettings {
    /// Resolves secrets and properties of the form `file:PATH` and `env:NAME`.
    pub(super) fn read_secrets(&mut self) -> Result<(), ConfigError> {
        self.security.read_secrets()?;
        for (section, properties) in self.property_sections() {
            for (key, value) in properties {
                read_secret(&format!("{section}.{key}"), value)?;
            }
        }
        Ok(())
    }

    /// The maps of librdkafka properties with their paths in the settings.
    pub(super) fn property_sections(
        &mut self,
    ) -> [(&'static str, &mut BTreeMap<String, String>); 3] {
        [
            ("kafka.properties", &mut self.properties),
            ("kafka.consumer_properties", &mut self.consumer_properties),
            ("kafka.producer_properties", &mut self.producer_properties),
        ]
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let servers = self.bootstrap_servers.trim();
        check(!servers.is_empty(), "kafka.bootstrap_servers", "names no broker")?;
        check(self.request_timeout_ms >= 100, "kafka.request_timeout_ms", "is below 100 ms")?;
        self.validate_topics()?;
        self.security.validate()?;
        refuse_owned("kafka.properties", &self.properties)?;
        refuse_owned("kafka.consumer_properties", &self.consumer_properties)?;
        refuse_owned("kafka.producer_properties", &self.producer_properties)
    }

    /// Requires distinct topics: a dead letter on its own topic would be rejected and copied forever.
    fn validate_topics(&self) -> Result<(), ConfigError> {
        let named = self.topics.named();
        for (index, (key, topic)) in named.iter().enumerate() {
            check(!topic.is_empty(), key, "is empty")?;
            let earlier = named[..index].iter().find(|(_, other)| other == topic);
            if let Some((other, _)) = earlier {
                let problem = format!("is the same topic as {other}");
                return Err(ConfigError::Value { key: (*key).to_owned(), problem });
            }
        }
        Ok(())
    }
}

impl TopicSettings {
    /// The topics with their keys in the settings.
    pub(super) fn named(&self) -> [(&'static str, &str); 10] {
        [
            ("kafka.topics.vitals", &self.vitals),
            ("kafka.topics.predictions", &self.predictions),
            ("kafka.topics.rejected", &self.rejected),
            ("kafka.topics.patient_context", &self.patient_context),
            ("kafka.topics.simulation_truth", &self.simulation_truth),
            ("kafka.topics.alerts", &self.alerts),
            ("kafka.topics.patient_status", &self.patient_status),
            ("kafka.topics.ward_actions", &self.ward_actions),
            ("kafka.topics.model_events", &self.model_events),
            ("kafka.topics.audit", &self.audit),
        ]
    }
}
