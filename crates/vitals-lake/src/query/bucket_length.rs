//! The length of the buckets that a query is aggregated into.

use super::HistoryQuery;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Lengths that divide the clock's next larger unit, so that buckets start at round times.
#[rustfmt::skip]
const LENGTHS: [i64; 27] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500,
    SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 15 * SECOND, 30 * SECOND,
    MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
    HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR,
    DAY,
];

/// The shortest length, in ms, at which the query's range touches at most `points` buckets.
pub(super) fn bucket_length(query: &HistoryQuery<'_>) -> i64 {
    let points = i64::try_from(query.points).unwrap_or(i64::MAX);
    LENGTHS.into_iter().find(|length| buckets(query, *length) <= points).unwrap_or_else(|| {
        // Whole days. A range may touch one bucket more than it fills.
        let range_ms = query.to_ms - query.from_ms;
        let days = range_ms / ((points - 1).max(1) * DAY) + 1;
        days * DAY
    })
}

/// The number of buckets of `length` that the query's range touches.
const fn buckets(query: &HistoryQuery<'_>, length: i64) -> i64 {
    let first = query.from_ms / length;
    let last = (query.to_ms - 1) / length;
    last - first + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::{MAX_POINTS, MAX_TIME_MS, MIN_POINTS};

    fn query(from_ms: i64, to_ms: i64, points: usize) -> HistoryQuery<'static> {
        HistoryQuery { patient_id: "p", from_ms, to_ms, points, vitals: &[], device: None }
    }

    #[test]
    fn lengths_are_round() {
        let cases = [
            (15 * MINUTE, 600, 2 * SECOND),
            (HOUR, 600, 10 * SECOND),
            (6 * HOUR, 600, MINUTE),
            (DAY, 600, 5 * MINUTE),
            (7 * DAY, 600, 30 * MINUTE),
            (365 * DAY, 100, 4 * DAY),
            (2000, 2000, 1),
        ];
        for (range_ms, points, expected) in cases {
            let from = 1_763_812_800_000;
            let query = query(from, from + range_ms, points);
            assert_eq!(bucket_length(&query), expected, "{range_ms} ms");
        }
    }

    #[test]
    fn every_length_divides_a_day() {
        for pair in LENGTHS.windows(2) {
            assert!(pair[0] < pair[1] && DAY % pair[0] == 0, "{pair:?}");
        }
    }

    proptest! {
        #[test]
        fn there_are_never_more_buckets_than_points(
            from in 0..MAX_TIME_MS - 1,
            range_ms in prop_oneof![1..DAY, 1..40_000 * DAY],
            points in MIN_POINTS..=MAX_POINTS,
        ) {
            let query = query(from, (from + range_ms).min(MAX_TIME_MS), points);
            query.validate().unwrap();
            let length = bucket_length(&query);
            let buckets = (query.to_ms - 1) / length - from / length + 1;
            prop_assert!(buckets <= points as i64, "{} buckets of {}", buckets, length);
        }
    }
}
