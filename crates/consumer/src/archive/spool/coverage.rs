//! The offsets that the spooled batches cover without a hole.

use vitals_core::domain::offset_range::OffsetRange;

/// The end of the offsets that `ranges`, in order, cover from `from` without a hole, or from the
/// start of the first range. Returns `None` if no range continues there.
pub(super) fn contiguous_end(
    ranges: impl Iterator<Item = OffsetRange>,
    from: Option<i64>,
) -> Option<i64> {
    let mut reached = from;
    let mut extended = false;
    for range in ranges {
        // Overlapping ranges are fine: the commit plan drops rows that the table has.
        let end = reached.unwrap_or(range.start);
        if range.start <= end && range.end > end {
            reached = Some(range.end);
            extended = true;
        }
    }
    if extended { reached } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn end(ranges: &[(i64, i64)], from: Option<i64>) -> Option<i64> {
        let ranges = ranges.iter().map(|(start, end)| OffsetRange { start: *start, end: *end });
        contiguous_end(ranges, from)
    }

    #[test]
    fn coverage_ends_at_the_first_hole() {
        let cases = [
            ("an empty spool", vec![], Some(5), None),
            ("continues", vec![(5, 8), (8, 20)], Some(5), Some(20)),
            ("an unknown position", vec![(5, 8), (8, 20)], None, Some(20)),
            ("partly archived", vec![(5, 8), (8, 20)], Some(7), Some(20)),
            ("all archived", vec![(5, 8), (8, 20)], Some(20), None),
            ("a hole at the front", vec![(5, 8)], Some(4), None),
            ("a hole between batches", vec![(5, 8), (9, 20)], Some(5), Some(8)),
        ];
        for (name, ranges, from, expected) in cases {
            assert_eq!(end(&ranges, from), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_offset_before_the_end_is_spooled(
            parts in proptest::collection::vec((0..50_i64, 1..20_i64), 0..8), from in 0..50_i64,
        ) {
            let ranges: Vec<_> = parts.iter().map(|(start, rows)| (*start, start + rows)).collect();
            if let Some(end) = end(&ranges, Some(from)) {
                prop_assert!(end > from);
                for offset in from..end {
                    let spooled = ranges.iter().any(|(start, end)| (*start..*end).contains(&offset));
                    prop_assert!(spooled);
                }
            }
        }
    }
}
