//! Section `[telemetry]`.

use serde::{Deserialize, Serialize};

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for a log store.
    Json,
}

/// Logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetrySettings {
    /// Which lines: a `tracing` filter, for example `info,consumer=debug`.
    pub log_filter: String,
    /// How they look.
    pub log_format: LogFormat,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self { log_filter: "info".to_owned(), log_format: LogFormat::Text }
    }
}
