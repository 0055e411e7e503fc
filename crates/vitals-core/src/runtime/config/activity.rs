//! Section `[dashboard.activity]`.

use axum::http::HeaderName;
use serde::{Deserialize, Serialize};

use super::error::{ConfigError, check};
use crate::runtime::trusted_proxies::TrustedProxies;

/// The activity log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ActivitySettings {
    /// Enables the log.
    pub enabled: bool,
    /// Request header in which a trusted proxy names the user.
    pub user_header: String,
    /// Addresses or networks of the proxies that are believed, separated by commas; empty for none.
    pub trusted_proxies: String,
    /// Maximum number of events that wait for Kafka.
    pub max_queued_events: u32,
}

impl Default for ActivitySettings {
    fn default() -> Self {
        Self {
            enabled: true,
            user_header: "X-Forwarded-User".to_owned(),
            trusted_proxies: String::new(),
            max_queued_events: 10_000,
        }
    }
}

impl ActivitySettings {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let header = HeaderName::from_bytes(self.user_header.as_bytes());
        check(header.is_ok(), "dashboard.activity.user_header", "is not the name of a header")?;
        let key = "dashboard.activity.trusted_proxies";
        TrustedProxies::parse(&self.trusted_proxies)
            .map_err(|problem| ConfigError::Value { key: key.to_owned(), problem })?;
        let queue = (1..=1_000_000).contains(&self.max_queued_events);
        check(queue, "dashboard.activity.max_queued_events", "is not between 1 and 1000000")
    }
}
