//! Times of the tables: microseconds since the epoch, UTC.

use arrow::array::TimestampMicrosecondBuilder;
use vitals_core::domain::decode::MAX_TIME_MS;

/// A builder of a column of times. Without the zone, its type would not be the table's.
pub(super) fn time_builder() -> TimestampMicrosecondBuilder {
    TimestampMicrosecondBuilder::new().with_timezone("UTC")
}

/// A time within the years that readers of the lake can represent.
pub(super) fn microseconds(time_ms: i64) -> i64 {
    time_ms.clamp(0, MAX_TIME_MS) * 1000
}
