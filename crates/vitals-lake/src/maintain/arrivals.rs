//! The arrival of a file's messages, by the file's statistics.

use deltalake::kernel::LogicalFileView;
use jiff::Timestamp;
use serde::Deserialize;

/// The milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// The statistics of a file, as far as they are needed.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Stats {
    max_values: MaxValues,
}

#[derive(Default, Deserialize)]
struct MaxValues {
    kafka_time: Option<String>,
    time: Option<String>,
}

/// The latest times in a file, ms since the epoch; `None` for one that its statistics lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrivals {
    /// Kafka's time of the last message. A file of an earlier release has none.
    pub(crate) last: Option<i64>,
    /// The last measurement, which is at most a little later than its arrival.
    measured: Option<i64>,
}

impl Arrivals {
    /// The times of `file`.
    pub(crate) fn of(file: &LogicalFileView) -> Self {
        Self::parse(file.stats().as_deref())
    }

    fn parse(stats: Option<&str>) -> Self {
        let stats = stats.and_then(|stats| serde_json::from_str::<Stats>(stats).ok());
        let MaxValues { kafka_time, time } = stats.unwrap_or_default().max_values;
        Self {
            last: kafka_time.as_deref().and_then(after_ms),
            measured: time.as_deref().and_then(after_ms),
        }
    }

    /// The day of the last message, in days since the epoch.
    pub(super) fn day(self) -> Option<i64> {
        self.last.or(self.measured).map(day)
    }

    /// Returns false if a message certainly arrived at `before_ms` or later. A time after `now_ms` is
    /// no arrival: one message that a producer dated ahead would keep the whole file for ever.
    pub(super) fn may_end_before(self, before_ms: i64, now_ms: i64) -> bool {
        self.last.or(self.measured).is_none_or(|last| last < before_ms || last > now_ms)
    }
}

/// The millisecond after a time of the statistics, which are rounded to milliseconds, by other
/// writers downwards.
fn after_ms(time: &str) -> Option<i64> {
    Some(time.parse::<Timestamp>().ok()?.as_millisecond() + 1)
}

/// The day of a time, in days since the epoch.
pub(super) fn day(time_ms: i64) -> i64 {
    time_ms.div_euclid(DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_arrival_is_read_from_the_statistics() {
        let stats = |max: &str| Arrivals::parse(Some(&format!(r#"{{"maxValues":{{{max}}}}}"#)));
        let both =
            stats(r#""time":"1970-01-02T00:00:01Z","kafka_time":"1970-01-03T00:00:00.005Z""#);
        assert_eq!((both.last, both.day()), (Some(172_800_006), Some(2)));
        let now_ms = 900_000_000;
        assert!(!both.may_end_before(172_800_006, now_ms));
        assert!(both.may_end_before(172_800_007, now_ms));
        assert!(both.may_end_before(0, 172_800_005), "dated ahead");
        let earlier = stats(r#""time":"1970-01-02T00:00:01.000+00:00""#);
        assert_eq!((earlier.last, earlier.day()), (None, Some(1)));
        assert!(!earlier.may_end_before(86_401_000, now_ms));
        assert!(earlier.may_end_before(86_401_002, now_ms));
        for unknown in [Arrivals::parse(None), Arrivals::parse(Some("?")), stats("")] {
            assert_eq!((unknown.last, unknown.day()), (None, None));
            assert!(unknown.may_end_before(0, now_ms));
        }
    }
}
