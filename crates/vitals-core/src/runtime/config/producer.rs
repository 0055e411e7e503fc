//! Section `[producer]`.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::{
    address::loopback,
    error::{ConfigError, check},
};

/// The producer. The command line selects its source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProducerSettings {
    /// Address of health, readiness and metrics.
    pub listen: SocketAddr,
    /// Maximum time that a message waits for its batch to fill, ms.
    pub linger_ms: u32,
    /// Compression: `none`, `gzip`, `lz4`, `snappy` or `zstd`.
    pub compression: String,
    /// Maximum number of messages in flight; at this limit the source waits.
    pub max_in_flight: usize,
    /// Maximum time that a shutdown waits for acknowledgements, ms.
    pub drain_timeout_ms: u64,
}

impl Default for ProducerSettings {
    fn default() -> Self {
        Self {
            listen: loopback(9101),
            linger_ms: 5,
            compression: "lz4".to_owned(),
            max_in_flight: 100_000,
            drain_timeout_ms: 10_000,
        }
    }
}

impl ProducerSettings {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let known = ["none", "gzip", "lz4", "snappy", "zstd"].contains(&self.compression.as_str());
        check(known, "producer.compression", "is not one of none, gzip, lz4, snappy, zstd")?;
        check(self.max_in_flight > 0, "producer.max_in_flight", "is 0")
    }
}
