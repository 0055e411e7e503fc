//! Which files are merged with which.

/// A data file that may be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The value of the partition column: only files with the same one can be merged.
    pub(super) rejected: bool,
    pub(super) bytes: u64,
}

/// When files are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rules {
    /// Size of a merged file; what is half as large is left alone.
    pub(super) target_bytes: u64,
    /// Files of about the same size that have to be there before they are merged.
    pub(super) least_files: usize,
    /// Merge small files whatever their sizes are.
    pub(super) all_sizes: bool,
}

impl Rules {
    /// The class of sizes that are merged with each other: a factor of four, so that a row is
    /// rewritten a few times until its file is large, and not with every file that comes.
    fn class(&self, file: Candidate) -> Option<u32> {
        if file.bytes.saturating_mul(2) >= self.target_bytes {
            return None;
        }
        if self.all_sizes {
            return Some(0);
        }
        Some((self.target_bytes / file.bytes.max(1)).ilog2() / 2)
    }

    fn is_worth_it(&self, bin: &[usize], bytes: u64) -> bool {
        bin.len() >= 2
            && (bin.len() >= self.least_files || bytes.saturating_mul(2) >= self.target_bytes)
    }

    /// Sets of indices of `files`, in their order, each to become one file.
    pub(super) fn bins(&self, files: &[Candidate]) -> Vec<Vec<usize>> {
        let mut classes = std::collections::BTreeMap::<_, Vec<usize>>::new();
        for (index, file) in files.iter().enumerate() {
            if let Some(class) = self.class(*file) {
                classes.entry((file.rejected, class)).or_default().push(index);
            }
        }
        let mut bins = Vec::new();
        for class in classes.into_values() {
            let (mut bin, mut bytes) = (Vec::new(), 0_u64);
            let mut close = |bin: Vec<usize>, bytes| {
                if self.is_worth_it(&bin, bytes) {
                    bins.push(bin);
                }
            };
            for index in class {
                let size = files[index].bytes;
                if bytes + size > self.target_bytes {
                    close(std::mem::take(&mut bin), bytes);
                    bytes = 0;
                }
                bin.push(index);
                bytes += size;
            }
            close(bin, bytes);
        }
        bins
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULES: Rules = Rules { target_bytes: 1000, least_files: 3, all_sizes: false };

    fn bins(rules: Rules, sizes: &[u64]) -> Vec<Vec<usize>> {
        let file = |bytes: &u64| Candidate { rejected: false, bytes: *bytes };
        rules.bins(&sizes.iter().map(file).collect::<Vec<_>>())
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
        let all = Rules { all_sizes: true, least_files: 2, ..RULES };
        assert_eq!(bins(all, &[10, 400, 12, 9]), [[0, 1, 2, 3]]);
    }

    #[test]
    fn rejected_messages_stay_apart() {
        let file = |rejected| Candidate { rejected, bytes: 10 };
        let files: Vec<Candidate> = [true, false, true, false, true, false].map(file).into();
        assert_eq!(RULES.bins(&files), [[1, 3, 5], [0, 2, 4]]);
    }

    proptest! {
        #[test]
        fn no_file_is_in_two_bins_and_no_bin_is_too_large(
            sizes in proptest::collection::vec(0..2000_u64, 0..60), all_sizes: bool,
        ) {
            let rules = Rules { all_sizes, ..RULES };
            let mut seen = std::collections::BTreeSet::new();
            for bin in bins(rules, &sizes) {
                prop_assert!(bin.len() >= 2);
                prop_assert!(bin.iter().map(|index| sizes[*index]).sum::<u64>() <= 1000);
                prop_assert!(bin.iter().all(|index| seen.insert(*index)));
            }
        }
    }
}
