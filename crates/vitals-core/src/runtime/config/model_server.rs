//! Section `[model_server]`.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::{
    address::loopback,
    error::{ConfigError, check},
};

/// Upper bound of [`ModelServerSettings::max_rows`].
pub const MAX_ROWS: usize = 100_000;

/// The model server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelServerSettings {
    /// Address of the API.
    pub listen: SocketAddr,
    /// Folder of the model registry.
    pub models_dir: String,
    /// Public key of minisign that every version has to be signed with; empty for none. The key
    /// itself, or `file:PATH` or `env:NAME`.
    pub public_key: String,
    /// Maximum size of a request body, bytes, after its decompression.
    pub max_body_bytes: usize,
    /// Maximum number of rows of a request, at most [`MAX_ROWS`].
    pub max_rows: usize,
    /// Memory that requests in progress may take, bytes; a request beyond it is shed with 503. A
    /// single prediction needs no reservation.
    pub max_memory_bytes: usize,
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
    /// The treatment of scores that no decision may rest on: glucose is missing, or is the diagnosis
    /// itself.
    pub unusable: UnusableAnswers,
    /// The prediction log.
    pub log: PredictionLogSettings,
    /// The gates of a release.
    pub gates: GateSettings,
}

/// The limits that a candidate has to keep to be released.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GateSettings {
    /// Smallest area under the ROC curve.
    pub min_roc_auc: f64,
    /// Largest Brier score.
    pub max_brier: f64,
    /// Largest expected calibration error.
    pub max_calibration_error: f64,
    /// Smallest area under the ROC curve in any group of people.
    pub min_group_roc_auc: f64,
    /// Largest loss of area under the ROC curve against the active version.
    pub max_roc_auc_loss: f64,
    /// Largest increase of the Brier score against the active version.
    pub max_brier_increase: f64,
    /// Requires held-out data for every release.
    pub require_held_out: bool,
}

impl Default for GateSettings {
    fn default() -> Self {
        Self {
            min_roc_auc: 0.8,
            max_brier: 0.18,
            max_calibration_error: 0.08,
            min_group_roc_auc: 0.65,
            max_roc_auc_loss: 0.01,
            max_brier_increase: 0.005,
            require_held_out: false,
        }
    }
}

/// The treatment of scores that no decision may rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnusableAnswers {
    /// Responses have `usable: false`.
    #[default]
    Mark,
    /// Requests are refused with 422.
    Refuse,
}

/// The prediction log, on topic `kafka.topics.predictions`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PredictionLogSettings {
    /// Enables the log.
    pub enabled: bool,
    /// Answers a request only after Kafka has acknowledged its record; else with 503.
    pub mandatory: bool,
    /// Longest wait for the acknowledgement of a mandatory record, ms.
    pub acknowledgement_timeout_ms: u64,
    /// Maximum number of queued predictions. A caller may take at most as many of them as are
    /// free. A request without room waits, and is refused with 503 if none comes; during an outage
    /// of the broker it is dropped and counted.
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
            public_key: String::new(),
            max_body_bytes: 8 * 1024 * 1024,
            max_rows: 50_000,
            max_memory_bytes: 256 * 1024 * 1024,
            poll_interval_ms: 2_000,
            shadow: String::new(),
            admin: true,
            admin_token: String::new(),
            unusable: UnusableAnswers::default(),
            log: PredictionLogSettings::default(),
            gates: GateSettings::default(),
        }
    }
}

impl Default for PredictionLogSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            mandatory: false,
            acknowledgement_timeout_ms: 2_000,
            max_queued_rows: 10_000,
            queue_kib: 2_048,
            drain_timeout_ms: 2_000,
        }
    }
}

impl ModelServerSettings {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        check(!self.models_dir.is_empty(), "model_server.models_dir", "is empty")?;
        check(self.max_body_bytes >= 256, "model_server.max_body_bytes", "is below 256")?;
        let rows = (1..=MAX_ROWS).contains(&self.max_rows);
        check(rows, "model_server.max_rows", "is not from 1 to 100000")?;
        let memory = self.max_memory_bytes >= 1024 * 1024;
        check(memory, "model_server.max_memory_bytes", "is below 1 MiB")?;
        let shadow = self.shadow.is_empty() || self.shadow.split('/').count() == 2;
        check(shadow, "model_server.shadow", "is not name/version")?;
        // A short token could be guessed.
        let token = self.admin_token.is_empty() || self.admin_token.len() >= 16;
        check(token, "model_server.admin_token", "is shorter than 16 characters")?;
        let shares = [
            self.gates.min_roc_auc,
            self.gates.max_brier,
            self.gates.max_calibration_error,
            self.gates.min_group_roc_auc,
            self.gates.max_roc_auc_loss,
            self.gates.max_brier_increase,
        ];
        let gates = shares.iter().all(|share| (0.0..=1.0).contains(share));
        check(gates, "model_server.gates", "has a limit that is not from 0 to 1")?;
        let mandatory = !self.log.mandatory || self.log.enabled;
        check(mandatory, "model_server.log.mandatory", "needs model_server.log.enabled")?;
        let timeout = self.log.acknowledgement_timeout_ms > 0;
        check(timeout, "model_server.log.acknowledgement_timeout_ms", "is 0")?;
        check(self.log.max_queued_rows > 0, "model_server.log.max_queued_rows", "is 0")?;
        check(self.log.queue_kib >= 64, "model_server.log.queue_kib", "is below 64 KiB")
    }
}
