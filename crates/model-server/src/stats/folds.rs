//! Stratified folds: every fold has the same share of each outcome, up to one row.
//!
//! The rows of each outcome are shuffled separately and dealt to the folds in turn. Dealing the
//! second outcome starts at the fold where the first one stopped, so the folds differ by at most
//! one row in total as well. The shuffle is implemented here on top of ChaCha8, so that a seed
//! gives the same folds on every machine and with every release of a library.

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use thiserror::Error;

/// The training and test rows of one fold, as ascending positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// Rows to fit on.
    pub train: Vec<usize>,
    /// Rows to test on.
    pub test: Vec<usize>,
}

/// Too few rows for the number of folds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "{folds} folds need at least {folds} rows of each outcome and two folds; \
     the data has {positives} positive and {negatives} negative rows"
)]
pub struct TooFew {
    folds: usize,
    positives: usize,
    negatives: usize,
}

/// Splits the rows into `folds` parts. Each part is the test part of one fold.
///
/// # Errors
/// Fewer than two folds, or an outcome with fewer rows than folds.
pub fn stratified(outcomes: &[bool], folds: usize, seed: u64) -> Result<Vec<Fold>, TooFew> {
    let (positive, negative): (Vec<usize>, Vec<usize>) =
        (0..outcomes.len()).partition(|i| outcomes[*i]);
    // Every fold needs a row of each outcome, or its AUC is undefined.
    if folds < 2 || positive.len() < folds || negative.len() < folds {
        return Err(TooFew { folds, positives: positive.len(), negatives: negative.len() });
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut fold_of = vec![0; outcomes.len()];
    let mut dealt = 0;
    // `dealt` continues from the first outcome to the second.
    for mut stratum in [negative, positive] {
        shuffle(&mut stratum, &mut random);
        for row in stratum {
            fold_of[row] = dealt % folds;
            dealt += 1;
        }
    }
    let cut = (0..folds).map(|fold| {
        let (test, train) = (0..outcomes.len()).partition(|i| fold_of[*i] == fold);
        Fold { train, test }
    });
    Ok(cut.collect())
}

/// Shuffles by Fisher and Yates, from the last element down.
pub(crate) fn shuffle<T>(items: &mut [T], random: &mut impl RngCore) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(last + 1, random));
    }
}

/// A random position below `bound`: the high half of a 128-bit product (Lemire, 2019), whose bias of
/// `bound / 2^64` is negligible here.
fn below(bound: usize, random: &mut impl RngCore) -> usize {
    ((u128::from(random.next_u64()) * bound as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn folds_are_disjoint_complete_and_balanced(
            outcomes in proptest::collection::vec(any::<bool>(), 20..300),
            folds in 2..7usize,
            seed in any::<u64>(),
        ) {
            let Ok(cut) = stratified(&outcomes, folds, seed) else {
                let positives = outcomes.iter().filter(|o| **o).count();
                prop_assert!(positives < folds || outcomes.len() - positives < folds);
                return Ok(());
            };
            let mut tested: Vec<usize> = cut.iter().flat_map(|fold| fold.test.clone()).collect();
            tested.sort_unstable();
            prop_assert_eq!(tested, (0..outcomes.len()).collect::<Vec<_>>());
            for fold in &cut {
                prop_assert!(fold.test.iter().all(|row| !fold.train.contains(row)));
                prop_assert_eq!(fold.test.len() + fold.train.len(), outcomes.len());
            }
            let spread = |count: &dyn Fn(&Fold) -> usize| {
                let counts: Vec<usize> = cut.iter().map(count).collect();
                counts.iter().max().unwrap() - counts.iter().min().unwrap()
            };
            prop_assert!(spread(&|fold| fold.test.len()) <= 1);
            prop_assert!(spread(&|fold| fold.test.iter().filter(|i| outcomes[**i]).count()) <= 1);
            prop_assert_eq!(&cut, &stratified(&outcomes, folds, seed).unwrap());
        }

        #[test]
        fn a_shuffle_permutes(
            mut items in proptest::collection::vec(any::<u8>(), 0..50),
            seed in any::<u64>(),
        ) {
            let mut sorted = items.clone();
            shuffle(&mut items, &mut ChaCha8Rng::seed_from_u64(seed));
            items.sort_unstable();
            sorted.sort_unstable();
            prop_assert_eq!(items, sorted);
        }
    }

    #[test]
    fn different_seeds_give_different_folds() {
        let outcomes: Vec<bool> = (0..100).map(|i| i % 3 == 0).collect();
        assert_ne!(stratified(&outcomes, 5, 0), stratified(&outcomes, 5, 1));
    }

    /// The folds behind the published figures: if these change, every figure changes.
    #[test]
    fn seed_0_gives_these_folds() {
        let outcomes: Vec<bool> = (0..12).map(|i| i % 3 == 0).collect();
        let tests: Vec<_> =
            stratified(&outcomes, 3, 0).unwrap().into_iter().map(|fold| fold.test).collect();
        assert_eq!(tests, [[0, 5, 10, 11], [1, 4, 6, 8], [2, 3, 7, 9]]);
    }

    #[test]
    fn too_few_rows_are_rejected() {
        let error = stratified(&[true, true, false, false, false], 3, 0).unwrap_err();
        assert!(error.to_string().contains("2 positive and 3 negative"), "{error}");
    }
}
