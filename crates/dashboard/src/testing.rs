//! Times for property tests.

use std::ops::Range;

use proptest::prelude::*;

/// A time that a message may carry: one of `present`, ms, or any other, also in a wrong unit.
pub(crate) fn any_time(present: Range<i64>) -> impl Strategy<Value = i64> {
    let time_ms = present.start;
    prop_oneof![
        Just(i64::MIN),
        Just(i64::MAX),
        Just(-1),
        Just(0),
        Just(time_ms / 1000),
        Just(time_ms * 1000),
        any::<i64>(),
        present,
    ]
}
