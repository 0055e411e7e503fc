//! How far the waiting batches reach.

use super::format::Range;

/// The end of `ranges`, in order, without a hole: from `from`, or from the first one's start.
/// `None` when nothing continues there.
pub(crate) fn end<'a>(ranges: impl Iterator<Item = &'a Range>, from: Option<i64>) -> Option<i64> {
    let mut reached = from;
    let mut found = false;
    for range in ranges {
        let at = reached.unwrap_or(range.start);
        if range.start <= at && range.end > at {
            reached = Some(range.end);
            found = true;
        }
    }
    reached.filter(|_| found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranges(parts: &[(i64, i64)]) -> Vec<Range> {
        let log = "c".to_owned();
        parts
            .iter()
            .map(|(start, end)| Range { partition: 0, log: log.clone(), start: *start, end: *end })
            .collect()
    }

    #[test]
    fn a_chain_ends_at_its_first_hole() {
        let cases = [
            ("nothing waits", vec![], Some(5), None),
            ("continues", vec![(5, 8), (8, 20)], Some(5), Some(20)),
            ("begins where it begins", vec![(5, 8), (8, 20)], None, Some(20)),
            ("partly covered", vec![(5, 8), (8, 20)], Some(7), Some(20)),
            ("all covered", vec![(5, 8), (8, 20)], Some(20), None),
            ("a hole at the front", vec![(5, 8)], Some(4), None),
            ("a hole between", vec![(5, 8), (9, 20)], Some(5), Some(8)),
        ];
        for (name, parts, from, expected) in cases {
            assert_eq!(end(ranges(&parts).iter(), from), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_offset_before_the_end_waits(
            parts in proptest::collection::vec((0..50_i64, 1..20_i64), 0..8), from in 0..50_i64,
        ) {
            let parts: Vec<_> = parts.iter().map(|(start, rows)| (*start, start + rows)).collect();
            if let Some(end) = end(ranges(&parts).iter(), Some(from)) {
                prop_assert!(end > from);
                for offset in from..end {
                    prop_assert!(parts.iter().any(|(start, end)| (*start..*end).contains(&offset)));
                }
            }
        }
    }
}
