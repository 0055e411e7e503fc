//! The selection of files to merge with each other.

use std::collections::BTreeMap;

/// A data file that may be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The value of the partition column. Only files with the same value can be merged.
    pub(super) rejected: bool,
    /// The day of its last message, in days since the epoch. Files of different days are not merged,
    /// so queries and retention leave out or drop whole files. Files without a day are merged with
    /// each other.
    pub(super) day: Option<i64>,
    pub(super) bytes: u64,
}

/// The conditions for merging files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rules {
    /// The size of a merged file. Files of at least half that size are left alone.
    pub(super) target_bytes: u64,
    /// The minimum number of files of about the same size that are merged.
    pub(super) min_files: usize,
    /// Merges small files regardless of their sizes.
    pub(super) all_sizes: bool,
    /// The current day. The files of an earlier one are merged regardless of their sizes and number:
    /// hardly any will follow.
    pub(super) today: i64,
}

/// A set of files that becomes one file.
#[derive(Default)]
struct Bin {
    indices: Vec<usize>,
    bytes: u64,
}

impl Rules {
    /// The size class of a file; files are merged within their class. A class spans a factor of
    /// four, so a row is rewritten a few times until its file is large, not with every new file.
    fn class(&self, file: Candidate) -> Option<u32> {
        if file.bytes.saturating_mul(2) >= self.target_bytes {
            return None;
        }
        if self.all_sizes || self.is_over(file.day) {
            return Some(0);
        }
        Some((self.target_bytes / file.bytes.max(1)).ilog2() / 2)
    }

    fn is_over(&self, day: Option<i64>) -> bool {
        day.is_some_and(|day| day < self.today)
    }

    fn is_worth_merging(&self, bin: &Bin, day: Option<i64>) -> bool {
        let enough_files = self.is_over(day) || bin.indices.len() >= self.min_files;
        let enough_bytes = bin.bytes.saturating_mul(2) >= self.target_bytes;
        bin.indices.len() >= 2 && (enough_files || enough_bytes)
    }

    /// Sets of indices of `files`, in their order. Each set becomes one file.
    pub(super) fn bins(&self, files: &[Candidate]) -> Vec<Vec<usize>> {
        let mut classes = BTreeMap::<_, Vec<usize>>::new();
        for (index, file) in files.iter().enumerate() {
            if let Some(class) = self.class(*file) {
                classes.entry((file.rejected, file.day, class)).or_default().push(index);
            }
        }
        let bins = classes.into_iter().map(|((_, day, _), class)| self.split(day, &class, files));
        bins.flatten().collect()
    }

    /// Splits a size class of one day into bins of at most the target size, and drops those that are
    /// not worth merging.
    fn split(&self, day: Option<i64>, class: &[usize], files: &[Candidate]) -> Vec<Vec<usize>> {
        let mut bins = vec![Bin::default()];
        for &index in class {
            let size = files[index].bytes;
            match bins.last_mut() {
                Some(bin) if bin.bytes + size <= self.target_bytes => {
                    bin.indices.push(index);
                    bin.bytes += size;
                }
                _ => bins.push(Bin { indices: vec![index], bytes: size }),
            }
        }
        bins.retain(|bin| self.is_worth_merging(bin, day));
        bins.into_iter().map(|bin| bin.indices).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const TODAY: i64 = 20_000;

    const RULES: Rules = Rules { target_bytes: 1000, min_files: 3, all_sizes: false, today: TODAY };

    const FILE: Candidate = Candidate { rejected: false, day: Some(TODAY), bytes: 10 };

    fn bins(rules: Rules, sizes: &[u64]) -> Vec<Vec<usize>> {
        let files: Vec<Candidate> =
            sizes.iter().map(|bytes| Candidate { bytes: *bytes, ..FILE }).collect();
        rules.bins(&files)
    }

    #[test]
    fn files_of_about_the_same_size_are_merged_once_there_are_enough() {
        let none: [Vec<usize>; 0] = [];
        assert_eq!(bins(RULES, &[10, 10]), none, "too few");
        assert_eq!(bins(RULES, &[10, 12, 9]), [[0, 1, 2]]);
        assert_eq!(bins(RULES, &[10, 400, 12, 9]), [[0, 2, 3]], "the larger one waits");
        assert_eq!(bins(RULES, &[500, 700, 9000]), none, "large enough");
        assert_eq!(bins(RULES, &[300, 300]), [[0, 1]], "enough for a large file");
        assert_eq!(bins(RULES, &[400; 5]), [[0, 1], [2, 3]], "no more than a large file");
        let all = Rules { all_sizes: true, min_files: 2, ..RULES };
        assert_eq!(bins(all, &[10, 400, 12, 9]), [[0, 1, 2, 3]]);
    }

    #[test]
    fn valid_and_rejected_messages_are_not_merged() {
        let rejected = [true, false, true, false, true, false];
        let files = rejected.map(|rejected| Candidate { rejected, ..FILE });
        assert_eq!(RULES.bins(&files), [[1, 3, 5], [0, 2, 4]]);
    }

    #[test]
    fn files_of_different_days_are_not_merged() {
        let days = [Some(TODAY), None, Some(TODAY), None, Some(TODAY), None];
        let files = days.map(|day| Candidate { day, ..FILE });
        assert_eq!(RULES.bins(&files), [[1, 3, 5], [0, 2, 4]]);
    }

    #[test]
    fn the_files_of_a_day_that_is_over_become_one() {
        let file = |day, bytes| Candidate { day: Some(day), bytes, ..FILE };
        let files =
            [file(TODAY - 1, 10), file(TODAY, 10), file(TODAY - 1, 400), file(TODAY - 2, 10)];
        assert_eq!(RULES.bins(&files), [[0, 2]]);
        let large = [file(TODAY - 1, 10), file(TODAY - 1, 500)];
        assert!(RULES.bins(&large).is_empty(), "large enough");
    }

    proptest! {
        #[test]
        fn bins_are_disjoint_and_at_most_as_large_as_the_target(
            sizes in proptest::collection::vec(0..2000_u64, 0..60), all_sizes: bool,
        ) {
            let rules = Rules { all_sizes, ..RULES };
            let mut seen = BTreeSet::new();
            for bin in bins(rules, &sizes) {
                prop_assert!(bin.len() >= 2);
                prop_assert!(bin.iter().map(|index| sizes[*index]).sum::<u64>() <= 1000);
                prop_assert!(bin.iter().all(|index| seen.insert(*index)));
            }
        }
    }
}
