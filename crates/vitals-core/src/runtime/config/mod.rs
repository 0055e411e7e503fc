//! The settings: one TOML file with a section per concern, overridden by environment variables
//! `VITALS__SECTION__KEY`.
//!
//! ```text
//! config.toml --+
//!               +--> renamed: old names are refused --> secrets resolved --> validate --> Settings
//! VITALS__... --+
//! ```

mod kafka;
mod lake;
mod services;
mod maintenance;
mod model_server;
mod telemetry;
mod renamed;
mod secret;
mod error;
mod settings;
#[cfg(test)]
mod tests;

pub use self::{
    error::ConfigError,
    kafka::{KafkaSettings, TopicSettings},
    lake::LakeSettings,
    maintenance::MaintenanceSettings,
    model_server::{ModelServerSettings, PredictionLogSettings},
    services::{
        ConsumerSettings, DashboardSettings, ProducerSettings, RetrySettings, RotationSettings,
        SpoolSettings,
    },
    settings::Settings,
    telemetry::{LogFormat, TelemetrySettings},
};
