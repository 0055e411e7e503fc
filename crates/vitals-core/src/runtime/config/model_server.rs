//! Section `[model_server]`.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::{ConfigError, check, services::local};

/// The model server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelServerSettings {
    /// Address of the API.
    pub listen: SocketAddr,
    /// Folder of the saved models.
    pub models_dir: String,
    /// Largest accepted request body, bytes.
    pub max_body_bytes: usize,
    /// How often the folder is looked at for other models, ms; 0 for never.
    pub poll_interval_ms: u64,
    /// A model that is scored on the same requests for comparison, `name/version`; empty for none.
    pub shadow: String,
    /// Whether models can be activated, loaded, unloaded and shadowed over HTTP.
    pub admin: bool,
    /// What such a request has to carry as `Authorization: Bearer TOKEN`. Without a token they are
    /// taken only while the API listens on a loopback address. `file:PATH` or `env:NAME` is read
    /// from there.
    pub admin_token: String,
    /// The log of predictions.
    pub log: PredictionLogSettings,
}

/// The log of predictions on topic `kafka.topics.predictions`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PredictionLogSettings {
    /// Whether predictions are logged.
    pub enabled: bool,
    /// Most predictions that wait to be written; beyond them they are dropped and counted. A
    /// batch with more is taken when nothing else waits.
    pub max_queued_rows: usize,
    /// Most memory for messages that the broker has not taken yet, KiB.
    pub queue_kib: u32,
    /// How long a stop waits for the broker to take what waits, ms.
    pub drain_timeout_ms: u64,
}

impl Default for ModelServerSettings {
    fn default() -> Self {
        Self {
            listen: local(8000),
            models_dir: "models".to_owned(),
            max_body_bytes: 8 * 1024 * 1024,
            poll_interval_ms: 2_000,
            shadow: String::new(),
            admin: true,
            admin_token: String::new(),
            log: PredictionLogSettings::default(),
        }
    }
}

impl Default for PredictionLogSettings {
    fn default() -> Self {
        Self { enabled: true, max_queued_rows: 10_000, queue_kib: 2_048, drain_timeout_ms: 2_000 }
    }
}

impl ModelServerSettings {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        check(!self.models_dir.is_empty(), "model_server.models_dir", "is empty")?;
        check(self.max_body_bytes >= 256, "model_server.max_body_bytes", "is below 256")?;
        let shadow = self.shadow.is_empty() || self.shadow.split('/').count() == 2;
        check(shadow, "model_server.shadow", "is not name/version")?;
        let token = self.admin_token.is_empty() || self.admin_token.len() >= 16;
        check(token, "model_server.admin_token", "is shorter than 16 characters")?;
        check(self.log.max_queued_rows > 0, "model_server.log.max_queued_rows", "is 0")?;
        check(self.log.queue_kib >= 64, "model_server.log.queue_kib", "is below 64 KiB")
    }
}
