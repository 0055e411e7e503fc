//! The root of the settings: loading, validation and redaction.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    consumer::ConsumerSettings, dashboard::DashboardSettings, error::ConfigError,
    http::HttpSettings, kafka::KafkaSettings, kafka_properties::name_from_variable,
    lake::LakeSettings, model_server::ModelServerSettings, obsolete::refuse_obsolete,
    producer::ProducerSettings, secret::read_secret, telemetry::TelemetrySettings,
};
use crate::domain::watch::WatchSettings;

/// The settings of all services. Each service reads the same file and uses its sections.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The Kafka cluster and its topics.
    pub kafka: KafkaSettings,
    /// The storage of the tables.
    pub lake: LakeSettings,
    /// The producer.
    pub producer: ProducerSettings,
    /// The consumer.
    pub consumer: ConsumerSettings,
    /// The model server.
    pub model_server: ModelServerSettings,
    /// The dashboard.
    pub dashboard: DashboardSettings,
    /// The rules of the watch.
    pub watch: WatchSettings,
    /// The HTTP server of every service.
    pub http: HttpSettings,
    /// Logging.
    pub telemetry: TelemetrySettings,
}

/// Environment variables by name.
pub(super) type Variables = config::Map<String, String>;

/// Prefixes of variables that set librdkafka properties, with the path of the setting.
const PROPERTY_VARIABLES: [(&str, &str); 3] = [
    ("VITALS__KAFKA__PROPERTIES__", "kafka.properties"),
    ("VITALS__KAFKA__CONSUMER_PROPERTIES__", "kafka.consumer_properties"),
    ("VITALS__KAFKA__PRODUCER_PROPERTIES__", "kafka.producer_properties"),
];

/// Parts of the names of secret properties: librdkafka has many, and gains more.
const SECRET_WORDS: [&str; 5] = ["password", "secret", "key", "pem", "jaas"];

/// The setting and the rest of the name of a variable that sets a librdkafka property.
fn property_section(variable: &str) -> Option<(&'static str, &str)> {
    PROPERTY_VARIABLES
        .iter()
        .find_map(|(prefix, section)| Some((*section, variable.strip_prefix(prefix)?)))
}

/// The variables of the process, without those that are not Unicode.
fn process_environment() -> Variables {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

impl Settings {
    /// Loads the file `path`, applies the environment, and validates all values.
    ///
    /// # Errors
    /// If the file is missing or malformed, or a value is invalid. The message names the key.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::load_with(path, None)
    }

    /// As [`Self::load`], with `variables` in place of the process environment if they are given.
    pub(super) fn load_with(
        path: &Path,
        variables: Option<Variables>,
    ) -> Result<Self, ConfigError> {
        // Sources: the file, then the environment, which takes precedence. Values stay text until
        // the type of their setting is known: "007" is a valid instance id.
        let variables = variables.unwrap_or_else(process_environment);
        let (properties, variables): (Variables, Variables) =
            variables.into_iter().partition(|(name, _)| property_section(name).is_some());
        let environment = config::Environment::with_prefix("VITALS")
            .prefix_separator("__")
            .separator("__")
            .source(Some(variables));
        let config = config::Config::builder()
            .add_source(config::File::from(path))
            .add_source(environment)
            .build()?;
        // Obsolete names first: deserialisation would report them as unknown, without the new name.
        refuse_obsolete(&config)?;
        let mut settings: Self = config.try_deserialize()?;
        settings.set_properties(&properties);
        // Secrets before validation, which checks the resolved values.
        settings.kafka.read_secrets()?;
        read_secret("model_server.admin_token", &mut settings.model_server.admin_token)?;
        read_secret("model_server.public_key", &mut settings.model_server.public_key)?;
        settings.validate()?;
        Ok(settings)
    }

    /// Sets librdkafka properties from environment variables.
    fn set_properties(&mut self, variables: &Variables) {
        for (variable, value) in variables {
            let Some((section, name)) = property_section(variable) else { continue };
            for (path, properties) in self.kafka.property_sections() {
                if path == section {
                    properties.insert(name_from_variable(name), value.clone());
                }
            }
        }
    }

    /// Validates all values.
    ///
    /// # Errors
    /// The first invalid value.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.kafka.validate()?;
        self.lake.validate()?;
        self.producer.validate()?;
        self.consumer.validate()?;
        self.model_server.validate()?;
        self.dashboard.validate()?;
        self.watch
            .validate()
            .map_err(|problem| ConfigError::Value { key: "watch".to_owned(), problem })?;
        self.http.validate()
    }

    /// The settings as JSON for the log, with secrets redacted.
    #[must_use]
    pub fn redacted(&self) -> String {
        let mut shown = self.clone();
        for (_, properties) in shown.kafka.property_sections() {
            for (key, value) in properties {
                if SECRET_WORDS.iter().any(|word| key.contains(word)) {
                    "***".clone_into(value);
                }
            }
        }
        let admin_token = &mut shown.model_server.admin_token;
        let secrets = shown.kafka.security.secrets().map(|(_, secret)| secret);
        for secret in secrets.into_iter().chain([admin_token]).filter(|secret| !secret.is_empty()) {
            "***".clone_into(secret);
        }
        serde_json::to_string(&shown).unwrap_or_default()
    }
}
