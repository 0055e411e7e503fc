//! The latest value of something, with its time.

/// A value and the time at which it was measured or observed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Latest<T> {
    pub(super) value: T,
    pub(super) time_ms: i64,
}

impl<T: Clone> Latest<T> {
    /// The value, unless it is older than `window_ms` at `now_ms`.
    pub(super) fn within(latest: Option<&Self>, window_ms: i64, now_ms: i64) -> Option<T> {
        let latest = latest?;
        if now_ms - latest.time_ms > window_ms {
            return None;
        }
        Some(latest.value.clone())
    }
}

/// Replaces `known` unless it is newer than `time_ms`.
pub(super) fn update<T>(known: &mut Option<Latest<T>>, value: T, time_ms: i64) {
    if known.as_ref().is_none_or(|known| known.time_ms <= time_ms) {
        *known = Some(Latest { value, time_ms });
    }
}
