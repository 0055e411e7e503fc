//! The present time, in the unit of Kafka's times.

use std::time::{SystemTime, UNIX_EPOCH};

/// The present time, ms since the epoch.
#[expect(clippy::disallowed_methods, reason = "compared with times of messages")]
pub(crate) fn now_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
