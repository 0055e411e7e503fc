//! The time of a reading: as sent, and where it is placed.

use super::{
    judge::Judge,
    no_value::visible,
    options::TimeLimits,
    raw_fields::{self, RawValue},
};
use crate::domain::rejection::{Reason, Rejection};

// As milliseconds this is in 1973, as seconds in 5138: no reading is on the wrong side.
/// Whole numbers below this are seconds since the epoch, others milliseconds.
const SECONDS_BELOW: i64 = 100_000_000_000;

/// The last accepted instant, in 2262, milliseconds since the epoch: beyond it, nanoseconds
/// overflow 64 bits, and with them the readers of the lake.
pub const MAX_TIME_MS: i64 = i64::MAX / 1_000_000;

/// The first instant that counts as an arrival, in 2000: an earlier timestamp of a message was set
/// by a producer without a clock, or in another unit.
const MIN_ARRIVAL_MS: i64 = 946_684_800_000;

/// The arrival of a message, from its Kafka timestamp; `None` if it has none or an impossible one.
#[must_use]
pub fn arrival_ms(kafka_time_ms: i64) -> Option<i64> {
    if (MIN_ARRIVAL_MS..=MAX_TIME_MS).contains(&kafka_time_ms) { Some(kafka_time_ms) } else { None }
}

/// The times of a reading, milliseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    /// The time at which the reading is placed.
    pub(super) time_ms: i64,
    /// The device's time, if the reading is placed elsewhere.
    pub(super) device_time_ms: Option<i64>,
}

/// Places a reading that the device measured at `sent_ms`. A clock is no reason for a rejection: a
/// reading from further ahead than allowed is placed at its arrival.
pub(super) fn place(
    sent_ms: i64,
    arrival_ms: Option<i64>,
    limits: TimeLimits,
    judge: &mut Judge,
) -> Times {
    // Without a timestamp of Kafka there is nothing to compare the device's clock with.
    let Some(arrival_ms) = arrival_ms else {
        return Times { time_ms: sent_ms, device_time_ms: None };
    };
    if sent_ms.saturating_sub(arrival_ms) > limits.max_future_ms {
        judge.flags.clock_ahead = true;
        return Times { time_ms: arrival_ms, device_time_ms: Some(sent_ms) };
    }
    judge.flags.late = arrival_ms.saturating_sub(sent_ms) > limits.late_after_ms;
    Times { time_ms: sent_ms, device_time_ms: None }
}

/// The timestamp in milliseconds since the epoch, from any accepted format.
pub(super) fn sent_ms(value: &RawValue<'_>, judge: &mut Judge) -> Result<i64, Rejection> {
    match value {
        RawValue::Absent | RawValue::Null => {
            Err(Rejection::new(Reason::MissingField, "timestamp: missing"))
        }
        RawValue::Int(number) => whole_time(*number),
        RawValue::Large(_) => invalid("it is after 2262"),
        RawValue::Float(number) => float_time(*number),
        RawValue::Text(text) => text_time(visible(text), judge),
        other => {
            let found = other.kind();
            let detail =
                format!("timestamp: expected a number or an RFC 3339 string, found {found}");
            Err(Rejection::new(Reason::WrongType, detail))
        }
    }
}

fn text_time(text: &str, judge: &mut Judge) -> Result<i64, Rejection> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        // In milliseconds, an instant just before the epoch would be the epoch.
        let is_before = time < jiff::Timestamp::UNIX_EPOCH;
        return in_range(if is_before { -1 } else { time.as_millisecond() });
    }
    // A number as text, perhaps with an exponent. `f64` also parses words such as "NaN".
    let is_word = text.bytes().any(|byte| byte.is_ascii_alphabetic() && !b"eE".contains(&byte));
    if is_word || text.is_empty() {
        return invalid("neither a number nor an RFC 3339 time with an offset");
    }
    judge.flags.converted.insert(raw_fields::TIMESTAMP);
    match (text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(number), _) => whole_time(number),
        (_, Ok(number)) => float_time(number),
        _ => invalid("neither a number nor an RFC 3339 time with an offset"),
    }
}

fn whole_time(number: i64) -> Result<i64, Rejection> {
    // The product can't overflow: the number is small. A negative one is refused below.
    in_range(if (0..SECONDS_BELOW).contains(&number) { number * 1000 } else { number })
}

/// A time with a fraction, from a clock that counts seconds, as Python's `time.time()` does.
fn float_time(number: f64) -> Result<i64, Rejection> {
    #[expect(clippy::cast_precision_loss, reason = "1e11 is exact")]
    let ms = if number < SECONDS_BELOW as f64 { number * 1000.0 } else { number };
    // Rounding would move an instant just before the epoch to the epoch.
    #[expect(clippy::cast_possible_truncation, reason = "a cast of floats saturates")]
    in_range(if ms < 0.0 { -1 } else { ms.round() as i64 })
}

fn in_range(time_ms: i64) -> Result<i64, Rejection> {
    match time_ms {
        ..0 => invalid("it is before 1970"),
        0..=MAX_TIME_MS => Ok(time_ms),
        _ => invalid("it is after 2262; are these microseconds or nanoseconds?"),
    }
}

fn invalid(problem: &str) -> Result<i64, Rejection> {
    Err(Rejection::new(Reason::InvalidTimestamp, format!("timestamp: {problem}")))
}
