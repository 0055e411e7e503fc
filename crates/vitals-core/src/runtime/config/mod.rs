//! The settings: one TOML file with a section per concern, overridden by environment variables
//! `VITALS__SECTION__KEY`.
//!
//! ```text
//! config.toml --+
//!               +--> obsolete names refused --> secrets resolved --> validate --> Settings
//! VITALS__... --+
//! ```

mod kafka;
mod kafka_properties;
mod kafka_security;
mod lake;
mod producer;
mod consumer;
mod watch;
mod maintenance;
mod retention;
mod model_server;
mod dashboard;
mod activity;
mod http;
mod telemetry;
mod address;
mod obsolete;
mod secret;
mod error;
mod settings;
#[cfg(test)]
mod tests;

pub use self::{
    activity::ActivitySettings,
    consumer::{ConsumerSettings, RetrySettings, RotationSettings, SpoolSettings},
    dashboard::DashboardSettings,
    error::ConfigError,
    http::HttpSettings,
    kafka::{KafkaSettings, TopicSettings},
    kafka_security::{OauthSettings, SaslMechanism, SecurityProtocol, SecuritySettings},
    lake::LakeSettings,
    maintenance::MaintenanceSettings,
    model_server::{
        GateSettings, MAX_ROWS, ModelServerSettings, PredictionLogSettings, UnusableAnswers,
    },
    producer::ProducerSettings,
    retention::{RetentionSettings, retention},
    settings::Settings,
    telemetry::{LogFormat, TelemetrySettings},
    watch::{Roles, WatchRoleSettings},
};
