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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_time_is_one_that_readers_can_represent(
            time_ms in prop_oneof![Just(i64::MIN), Just(i64::MAX), any::<i64>()],
        ) {
            let time_us = microseconds(time_ms);
            // Pandas and others count nanoseconds.
            prop_assert!(time_us >= 0 && time_us.checked_mul(1000).is_some());
        }
    }
}
