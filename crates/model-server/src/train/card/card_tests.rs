use std::path::Path;

use indicatif::ProgressBar;

use crate::{
    stats::mean,
    train::{Protocol, cross_validate},
};

use super::*;

fn validated() -> (Dataset, Validation) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/pima.csv");
    let data = Dataset::read(&path).unwrap();
    let protocol = Protocol { folds: 5, repeats: 2 };
    let bar = ProgressBar::hidden();
    let validation = cross_validate(&data, Algorithm::Logistic, protocol, &bar).unwrap();
    (data, validation)
}

/// The sets are computed from the training rows of a fold, for its test rows.
#[test]
fn coverage_equals_the_confidence() {
    let (data, validation) = validated();
    for coverage in coverage::table(&data, &validation) {
        let Coverage { confidence, all, positive, negative, .. } = coverage;
        // Three standard deviations of a share over 768, 268 and 500 people.
        for (share, people) in [(all, 768.0), (positive, 268.0), (negative, 500.0)] {
            let spread = 3.0 * (confidence * (1.0 - confidence) / people).sqrt();
            assert!((share - confidence).abs() < spread, "{coverage:?}");
        }
        let sizes = coverage.decided + coverage.undecided + coverage.empty;
        assert!((sizes - 1.0).abs() < 1e-3, "{coverage:?}");
    }
}

#[test]
fn the_groups_of_a_feature_contain_every_row_once() {
    let (data, validation) = validated();
    let groups = groups::table(&data, &validation);
    for by in ["age", "bmi", "pregnancies"] {
        let of = groups.iter().filter(|group| group.by == by);
        let (rows, positives) =
            of.fold((0, 0), |(rows, positives), g| (rows + g.rows, positives + g.positives));
        assert_eq!((rows, positives), (768, 268), "{by}");
    }
    let unmeasured = groups.iter().find(|group| group.group == "not measured").unwrap();
    assert_eq!((unmeasured.rows, unmeasured.roc_auc), (11, None));
    for interval in groups.iter().filter_map(|group| group.roc_auc) {
        assert!(interval.low < interval.value && interval.value < interval.high, "{interval:?}");
    }
}

#[test]
fn a_higher_threshold_calls_fewer_rows_positive() {
    let (data, validation) = validated();
    let table = thresholds::table(&data, &validation, 0.45);
    assert!(table.iter().any(|row| (row.threshold - 0.45).abs() < 1e-12));
    for pair in table.windows(2) {
        assert!(pair[0].threshold < pair[1].threshold);
        assert!(pair[0].sensitivity >= pair[1].sensitivity, "{pair:?}");
        assert!(pair[0].specificity <= pair[1].specificity, "{pair:?}");
        assert!(pair[0].called > pair[1].called, "{pair:?}");
    }
}

/// The standard error of an AUC in closed form (Hanley and McNeil, 1982).
#[test]
fn the_width_of_an_interval_agrees_with_theory() {
    let (data, validation) = validated();
    let Interval { value: auc, low, high } = performance(&data, &validation).roc_auc;
    let positives = 268.0;
    let negatives = 500.0;
    let q1 = auc / (2.0 - auc);
    let q2 = 2.0 * auc * auc / (1.0 + auc);
    let variance = (auc * (1.0 - auc)
        + (positives - 1.0) * (q1 - auc * auc)
        + (negatives - 1.0) * (q2 - auc * auc))
        / (positives * negatives);
    let half = (high - low) / 2.0;
    let expected = 1.96 * f64::sqrt(variance);
    assert!((half / expected - 1.0).abs() < 0.15, "{half} {expected}");
}

#[test]
fn the_calibration_curve_contains_every_row_and_is_near_the_diagonal() {
    let (data, validation) = validated();
    let found = CalibrationFigures::of(&data, &validation);
    let rows: f64 = found.curve.iter().map(|bin| bin.rows).sum();
    assert!((rows - 768.0).abs() < 1e-6, "{rows}");
    let weighed = |bin: &crate::train::card::calibration::CalibrationBin| {
        bin.rows * (bin.predicted - bin.observed).abs()
    };
    let error: f64 = found.curve.iter().map(weighed).sum::<f64>() / rows;
    assert!((error - found.ece).abs() < 1e-3, "{error} {}", found.ece);
    assert!((0.8..1.2).contains(&found.slope), "{found:?}");
    assert!((found.expected_over_observed - 1.0).abs() < 0.05, "{found:?}");
    assert!(mean(found.curve.iter().map(|bin| bin.low)) < mean(found.curve.iter().map(|b| b.high)));
}
