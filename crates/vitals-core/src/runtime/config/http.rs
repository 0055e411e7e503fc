//! Section `[http]`: the HTTP server that all services share.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::{ConfigError, check};

/// Limits of the HTTP server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSettings {
    /// Longest wait for a complete request head, on a new or an idle connection, and for the next 16 KiB
    /// of a request body or its end, ms.
    pub idle_timeout_ms: u32,
    /// Longest time that sent data may stay unacknowledged by the client, ms.
    pub write_timeout_ms: u32,
    /// Longest time that open connections may take after a shutdown request, ms.
    pub shutdown_timeout_ms: u32,
    /// Open connections; above the limit the longest-idle connection is closed.
    pub max_connections: usize,
    /// Requests in handlers at one time; above the limit requests are shed with 503.
    pub max_requests_in_flight: usize,
    /// Bytes of an unread request body that are read and discarded, so that the client gets
    /// the response instead of a reset connection.
    pub max_drain_bytes: usize,
    /// Host names besides `localhost` and IP addresses that requests may be addressed to,
    /// separated by commas; `*` accepts every name.
    pub allowed_hosts: String,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            idle_timeout_ms: 30_000,
            write_timeout_ms: 30_000,
            shutdown_timeout_ms: 5_000,
            max_connections: 1_000,
            max_requests_in_flight: 500,
            max_drain_bytes: 33_554_432,
            allowed_hosts: String::new(),
        }
    }
}

impl HttpSettings {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        check(self.idle_timeout_ms > 0, "http.idle_timeout_ms", "is 0")?;
        check(self.write_timeout_ms > 0, "http.write_timeout_ms", "is 0")?;
        check(self.shutdown_timeout_ms > 0, "http.shutdown_timeout_ms", "is 0")?;
        check(self.max_connections > 0, "http.max_connections", "is 0")?;
        check(self.max_requests_in_flight > 0, "http.max_requests_in_flight", "is 0")
    }

    pub(crate) fn idle_timeout(&self) -> Duration {
        Duration::from_millis(self.idle_timeout_ms.into())
    }

    pub(crate) fn write_timeout(&self) -> Duration {
        Duration::from_millis(self.write_timeout_ms.into())
    }

    pub(crate) fn shutdown_timeout(&self) -> Duration {
        Duration::from_millis(self.shutdown_timeout_ms.into())
    }
}
