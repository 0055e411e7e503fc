//! Section `[dashboard]`.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::{
    activity::ActivitySettings,
    address::loopback,
    error::{ConfigError, check},
};

/// The dashboard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DashboardSettings {
    /// Address of the pages and the API.
    pub listen: SocketAddr,
    /// URL of the model server, `http://host:port`.
    pub model_server_url: String,
    /// URLs of the consumers that the pipeline page shows, separated by commas; empty for none.
    pub consumer_urls: String,
    /// URLs of the producers that the pipeline page shows, separated by commas; empty for none.
    pub producer_urls: String,
    /// Path under which a proxy publishes the pages, for example `/vitals/`; `/` without one.
    pub base_path: String,
    /// Interval of live updates, ms.
    pub tick_ms: u64,
    /// Interval of heartbeats on the live stream, ms.
    pub heartbeat_ms: u64,
    /// Period of the topic that is read first at start, ms.
    pub lookback_ms: i64,
    /// Time without readings after which a patient counts as silent, ms.
    pub patient_silent_after_ms: i64,
    /// Time without readings after which a patient leaves the ward, ms.
    pub forget_after_ms: i64,
    /// Timeout of a request to the model server or the lake, ms.
    pub request_timeout_ms: u64,
    /// Timeout of computing statistics from the lake, ms.
    pub statistics_timeout_ms: u64,
    /// The activity log.
    pub activity: ActivitySettings,
}

impl Default for DashboardSettings {
    fn default() -> Self {
        Self {
            listen: loopback(8080),
            model_server_url: "http://127.0.0.1:8000".to_owned(),
            consumer_urls: "http://127.0.0.1:9102".to_owned(),
            producer_urls: "http://127.0.0.1:9101".to_owned(),
            base_path: "/".to_owned(),
            tick_ms: 25,
            heartbeat_ms: 5_000,
            lookback_ms: 600_000,
            patient_silent_after_ms: 15_000,
            forget_after_ms: 86_400_000,
            request_timeout_ms: 10_000,
            statistics_timeout_ms: 60_000,
            activity: ActivitySettings::default(),
        }
    }
}

impl DashboardSettings {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let http = self.model_server_url.starts_with("http://");
        check(http, "dashboard.model_server_url", "does not start with http://")?;
        check(are_urls(&self.consumer_urls), "dashboard.consumer_urls", NO_URL)?;
        check(are_urls(&self.producer_urls), "dashboard.producer_urls", NO_URL)?;
        check(
            is_path(&self.base_path),
            "dashboard.base_path",
            "is not a path that starts and ends with / and contains only letters, digits and -._~",
        )?;
        check(self.tick_ms > 0, "dashboard.tick_ms", "is 0")?;
        check(self.heartbeat_ms > 0, "dashboard.heartbeat_ms", "is 0")?;
        check(self.request_timeout_ms > 0, "dashboard.request_timeout_ms", "is 0")?;
        check(self.statistics_timeout_ms > 0, "dashboard.statistics_timeout_ms", "is 0")?;
        check(self.lookback_ms >= 0, "dashboard.lookback_ms", "is negative")?;
        check(
            self.patient_silent_after_ms > 0,
            "dashboard.patient_silent_after_ms",
            "is not positive",
        )?;
        check(self.forget_after_ms > 0, "dashboard.forget_after_ms", "is not positive")?;
        self.activity.validate()
    }
}

const NO_URL: &str = "has an entry that does not start with http://";

/// Returns true if every entry of a list separated by commas is a URL.
fn are_urls(list: &str) -> bool {
    list.trim().is_empty() || list.split(',').all(|url| url.trim().starts_with("http://"))
}

/// Returns true for `/`, and for segments of unreserved characters between slashes.
fn is_path(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return false };
    let Some(segments) = rest.strip_suffix('/') else { return rest.is_empty() };
    segments
        .split('/')
        .all(|segment| !matches!(segment, "" | "." | "..") && segment.bytes().all(is_unreserved))
}

/// Returns true for a character that a URL has in any place as it is (RFC 3986, section 2.3).
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_path_has_slashes_at_both_ends_and_no_dot_segments() {
        for path in ["/", "/vitals/", "/a/b-c.d_e~f/"] {
            assert!(is_path(path), "{path}");
        }
        let wrong = ["", "vitals", "/vitals", "vitals/", "//", "/a//b/", "/../", "/./", "/a\"b/"];
        for path in wrong {
            assert!(!is_path(path), "{path}");
        }
    }
}
