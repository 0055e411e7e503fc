//! The root of the settings: loading, validation and redaction.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    consumer::ConsumerSettings, dashboard::DashboardSettings, error::ConfigError,
    http::HttpSettings, kafka::KafkaSettings, lake::LakeSettings,
    model_server::ModelServerSettings, obsolete::refuse_obsolete, producer::ProducerSettings,
    secret::read_secret, telemetry::TelemetrySettings,
};

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
    /// The HTTP server of every service.
    pub http: HttpSettings,
    /// Logging.
    pub telemetry: TelemetrySettings,
}

/// Environment variables by name.
pub(super) type Variables = config::Map<String, String>;

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
        // Sources: the file, then the environment, which takes precedence.
        let environment = config::Environment::with_prefix("VITALS")
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true)
            .source(variables);
        let config = config::Config::builder()
            .add_source(config::File::from(path))
            .add_source(environment)
            .build()?;
        // Obsolete names first: deserialisation would report them as unknown, without the new name.
        refuse_obsolete(&config)?;
        let mut settings: Self = config.try_deserialize()?;
        // Secrets before validation, which checks the resolved values.
        settings.kafka.read_secrets()?;
        read_secret("model_server.admin_token", &mut settings.model_server.admin_token)?;
        settings.validate()?;
        Ok(settings)
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
        self.http.validate()
    }

    /// The settings as JSON for the log, with secrets redacted.
    #[must_use]
    pub fn redacted(&self) -> String {
        let mut shown = self.clone();
        // By name: librdkafka has many secret properties, and gains more.
        for (key, value) in &mut shown.kafka.properties {
            if ["password", "secret", "key", "pem", "jaas"].iter().any(|word| key.contains(word)) {
                "***".clone_into(value);
            }
        }
        if !shown.model_server.admin_token.is_empty() {
            "***".clone_into(&mut shown.model_server.admin_token);
        }
        serde_json::to_string(&shown).unwrap_or_default()
    }
}
