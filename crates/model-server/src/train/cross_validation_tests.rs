use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::{stats::shuffle, test_data::pima};

use super::*;

fn figures(
    data: &Dataset,
    algorithm: Algorithm,
    protocol: Protocol,
) -> Result<Figures, ValidationError> {
    cross_validate(data, algorithm, protocol, &ProgressBar::hidden()).map(|found| found.figures)
}

#[test]
fn the_data_is_that_of_the_published_figures() {
    let data = pima();
    assert_eq!((data.source.rows, data.source.positives), (768, 268));
    let missing: Vec<usize> =
        data.rows.columns().into_iter().map(|c| c.iter().filter(|v| v.is_nan()).count()).collect();
    assert_eq!(missing, [0, 5, 35, 227, 374, 11, 0, 0]);
}

/// The bounds are those of published benchmarks on this data. A figure above 0.86 indicates a leak.
#[test]
fn the_full_protocol_reaches_the_known_figures() {
    let figures = figures(&pima(), Algorithm::Logistic, Protocol::FULL).unwrap();
    let auc = figures.roc_auc;
    assert!((0.832..0.840).contains(&auc.mean), "{figures:?}");
    assert!((0.015..0.040).contains(&auc.sd_folds), "{figures:?}");
    assert!(auc.sd_repeats.unwrap() < 0.01, "{figures:?}");
    assert!((figures.brier.mean - 0.1572).abs() < 0.002, "{figures:?}");
    assert!((figures.log_loss.mean - 0.478).abs() < 0.006, "{figures:?}");
    assert!(figures.calibration_error < 0.045, "{figures:?}");
}

#[test]
fn permuted_outcomes_give_an_auc_of_one_half() {
    let mut data = pima();
    let mut aucs = Vec::new();
    for seed in 0..10 {
        shuffle(&mut data.outcomes, &mut ChaCha8Rng::seed_from_u64(seed));
        let protocol = Protocol { folds: 5, repeats: 2 };
        aucs.push(figures(&data, Algorithm::Logistic, protocol).unwrap().roc_auc.mean);
    }
    let auc = mean(aucs.iter().copied());
    assert!((auc - 0.5).abs() < 0.03, "{auc}: {aucs:?}");
}

#[test]
fn the_search_gains_nothing_on_permuted_outcomes() {
    let mut data = pima();
    let mut aucs = Vec::new();
    for seed in 0..10 {
        shuffle(&mut data.outcomes, &mut ChaCha8Rng::seed_from_u64(seed));
        let protocol = Protocol { folds: 2, repeats: 1 };
        aucs.push(figures(&data, Algorithm::Ensemble, protocol).unwrap().roc_auc.mean);
    }
    let auc = mean(aucs.iter().copied());
    assert!((auc - 0.5).abs() < 0.03, "{auc}: {aucs:?}");
}

/// Fitted on half of the rows, so slightly below the figures of the full protocol.
#[test]
fn two_folds_rank_the_models() {
    let data = pima();
    let protocol = Protocol { folds: 2, repeats: 1 };
    let loss = |algorithm| {
        let figures = figures(&data, algorithm, protocol).unwrap();
        assert!((0.81..0.86).contains(&figures.roc_auc.mean), "{algorithm:?}: {figures:?}");
        figures.log_loss.mean
    };
    let [logistic, spline, _, ensemble] = Algorithm::ALL.map(loss);
    assert!(spline < logistic && ensemble < logistic, "{logistic} {spline} {ensemble}");
}

#[test]
fn results_keep_the_order_of_the_items() {
    let items: Vec<usize> = (0..100).collect();
    assert_eq!(run_parallel(&items, |item| item * 2), (0..200).step_by(2).collect::<Vec<_>>());
    assert_eq!(run_parallel(&[], |item: &usize| *item), Vec::<usize>::new());
}

/// Changed test rows change nothing that is fitted.
#[test]
fn nothing_is_fitted_on_the_test_rows() {
    let data = pima();
    let fold = &stratified(&data.outcomes, 5, 3).unwrap()[2];
    let mut other = data.clone();
    for row in &fold.test {
        other.rows.row_mut(*row).fill(1e6);
        other.outcomes[*row] = !other.outcomes[*row];
    }
    for algorithm in Algorithm::ALL {
        let fitted = fit_fold(&data, algorithm, fold).unwrap();
        assert_eq!(fitted, fit_fold(&other, algorithm, fold).unwrap());
        let (rows, outcomes) = data.select(&fold.train);
        let again = Pipeline::fit(algorithm, rows.view(), &outcomes).unwrap();
        assert_eq!(fitted, again);
    }
}

#[test]
fn too_many_folds_are_rejected() {
    let protocol = Protocol { folds: 300, repeats: 1 };
    assert!(figures(&pima(), Algorithm::Logistic, protocol).is_err());
}

#[test]
fn one_repeat_has_no_spread_over_repeats() {
    let protocol = Protocol { folds: 3, repeats: 1 };
    let figures = figures(&pima(), Algorithm::Logistic, protocol).unwrap();
    assert_eq!(figures.roc_auc.sd_repeats, None);
}

/// Another order of the rows changes the order of every sum, as another processor may. The
/// remaining difference must be below the kept decimals.
#[test]
fn the_order_of_the_rows_does_not_change_a_digit() {
    let data = pima();
    let fit = |rows: ndarray::ArrayView2<'_, f64>, outcomes: &[bool]| {
        Pipeline::fit(Algorithm::Logistic, rows, outcomes).unwrap().pipeline
    };
    let expected = fit(data.rows.view(), &data.outcomes);
    let mut order: Vec<usize> = (0..data.source.rows).collect();
    for seed in 0..20 {
        shuffle(&mut order, &mut ChaCha8Rng::seed_from_u64(seed));
        let (rows, outcomes) = data.select(&order);
        assert_eq!(fit(rows.view(), &outcomes), expected, "seed {seed}");
    }
}

/// The measures of every fold: area under the ROC curve, Brier score, log loss, calibration error.
fn of_folds(data: &Dataset, algorithm: Algorithm) -> Vec<[f64; 4]> {
    let found = cross_validate(data, algorithm, Protocol::FULL, &ProgressBar::hidden()).unwrap();
    let mut measures = Vec::new();
    for (repeat, seed) in found.repeats.iter().zip(0..) {
        for fold in stratified(&data.outcomes, 5, seed).unwrap() {
            let p: Vec<f64> = fold.test.iter().map(|row| repeat[*row].probability).collect();
            let y: Vec<bool> = fold.test.iter().map(|row| data.outcomes[*row]).collect();
            measures.push([
                roc_auc(&p, &y),
                brier(&p, &y),
                log_loss(&p, &y),
                calibration_error(&p, &y),
            ]);
        }
    }
    measures
}

/// The measures of every fold of the spline before its curves were limited and monotone.
fn unconstrained() -> Vec<[f64; 4]> {
    serde_json::from_str(include_str!("../../tests/fixtures/folds/unconstrained_spline.json"))
        .unwrap()
}

/// Mean of the paired differences and its standard error.
fn paired(before: &[f64], after: &[f64]) -> (f64, f64) {
    let differences: Vec<f64> = after.iter().zip(before).map(|(a, b)| a - b).collect();
    let error = deviation(&differences) / (differences.len() as f64).sqrt();
    (mean(differences.iter().copied()), error)
}

/// Curves that never fall and end at the training range cost less than the noise of the folds.
#[test]
fn a_monotone_spline_is_as_good_as_an_unconstrained_one() {
    let before = unconstrained();
    let after = of_folds(&pima(), Algorithm::Spline);
    assert_eq!((before.len(), after.len()), (50, 50));
    let auc = mean(after.iter().map(|fold| fold[0]));
    assert!((0.842..0.86).contains(&auc), "{auc}");
    for (measure, name) in [(1, "Brier"), (2, "log loss"), (3, "calibration error")] {
        let of = |folds: &[[f64; 4]]| folds.iter().map(|fold| fold[measure]).collect::<Vec<_>>();
        let (difference, error) = paired(&of(&before), &of(&after));
        println!("{name}: {difference:+.5}, standard error {error:.5}");
        assert!(difference <= error, "{name}: {difference} {error}");
    }
}
