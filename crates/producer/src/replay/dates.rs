//! Dates that readers of the topic refuse or flag.

use vitals_core::domain::decode::{MAX_TIME_MS, TimeLimits};

/// The consequence of the dates of a recording that is sent with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Dates {
    /// Readings arrive in time.
    Current,
    /// Every reading is flagged `late`.
    Late(String),
    /// Readings lose their times or are rejected.
    Refused(String),
}

/// Judges a recording from `first_ms` to `last_ms` that is sent at `now_ms`, ms since the epoch.
pub(super) fn judge(first_ms: i64, last_ms: i64, now_ms: i64) -> Dates {
    let limits = TimeLimits::default();
    let advice = "give --now to move the recording to now with its intervals, or --start-ms";
    let range = format!("times are from {} to {}", day(first_ms), day(last_ms));
    if first_ms <= 0 || last_ms > MAX_TIME_MS {
        return Dates::Refused(format!(
            "{range}: the consumer would reject readings before 1970 and after 2262 \
             (invalid_timestamp); {advice}"
        ));
    }
    // The consumer's own limits, so that a recording is not sent only to be flagged.
    if last_ms.saturating_sub(now_ms) > limits.max_future_ms {
        return Dates::Refused(format!(
            "{range}: the consumer would place readings from the future at their arrival \
             (clock_ahead); {advice}"
        ));
    }
    if now_ms.saturating_sub(last_ms) > limits.late_after_ms {
        return Dates::Late(format!("{range}: readings will be flagged late; {advice}"));
    }
    Dates::Current
}

/// The date of an instant, for messages.
pub(super) fn day(ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(ms) {
        Ok(time) => time.strftime("%Y-%m-%d").to_string(),
        Err(_) => format!("{ms} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2025-11-22 12:00 UTC.
    const NOW: i64 = 1_763_812_800_000;

    #[test]
    fn shifted_dates_are_refused_with_advice() {
        let year = |year: i64| NOW + (year - 2025) * 365 * 86_400_000;
        for (time_ms, expected) in [
            (year(2896), "invalid_timestamp"),
            (year(2180), "clock_ahead"),
            (year(1960), "before 1970"),
            (0, "before 1970"),
            (NOW + 300_001, "clock_ahead"),
        ] {
            let Dates::Refused(text) = judge(time_ms, time_ms, NOW) else {
                panic!("{time_ms} is not refused")
            };
            assert!(text.contains(expected) && text.contains("--now"), "{text}");
        }
        assert!(matches!(judge(year(2019), year(2019), NOW), Dates::Late(_)));
        assert_eq!(judge(NOW - 60_000, NOW + 300_000, NOW), Dates::Current);
    }
}
