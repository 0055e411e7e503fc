//! Section `[model_server]`.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::{
    address::loopback,
    error::{ConfigError, check},
};

/// The model server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelServerSettings {
    /// Address of the API.
    pub listen: SocketAddr,
    /// Folder of the model registry.
    pub models_dir: String,
    /// Maximum size of a request body, bytes.
    pub max_body_bytes: usize,
    /// Interval at which the folder is polled for changes, ms; 0 disables polling.
    pub poll_interval_ms: u64,
    /// Shadow model, `name/version`, scored on the same requests for comparison; empty for none.
    pub shadow: String,
    /// Allows models to be activated, loaded, unloaded and shadowed over HTTP.
    pub admin: bool,
    /// Token that these requests must carry as `Authorization: Bearer TOKEN`. Without a token they
    /// are allowed only if the API listens on a loopback address. `file:PATH` or `env:NAME` refers
    /// to a file or a variable.
    pub admin_token: String,
    /// The prediction log.
    pub log: PredictionLogSettings,
}

/// The prediction log, on topic `kafka.topics.predictions`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PredictionLogSettings {
    /// Enables the log.
    pub enabled: bool,
    /// Maximum number of queued predictions. At this limit, further predictions are dropped and
    /// counted. A larger batch is accepted if the queue is empty.
    pub max_queued_rows: usize,
    /// Memory limit of messages in flight, KiB.
    pub queue_kib: u32,
    /// Maximum time that a shutdown waits for the queue to drain, ms.
    pub drain_timeout_ms: u64,
}

impl Default for ModelServerSettings {
    fn default() -> Self {
        Self {
            listen: loopback(8000),
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
        // A short token could be guessed.
        let token = self.admin_token.is_empty() || self.admin_token.len() >= 16;
        check(token, "model_server.admin_token", "is shorter than 16 characters")?;
        check(self.log.max_queued_rows > 0, "model_server.log.max_queued_rows", "is 0")?;
        check(self.log.queue_kib >= 64, "model_server.log.queue_kib", "is below 64 KiB")
    }
}
