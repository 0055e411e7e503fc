use std::{path::Path, sync::LazyLock};

use indicatif::ProgressBar;

use crate::{
    pipeline::Pipeline,
    stats::mean,
    train::{Protocol, Resamples, Validation, cross_validate},
};

use super::*;

struct Validated {
    data: Dataset,
    validation: Validation,
    resamples: Resamples,
}

impl Validated {
    fn evidence(&self) -> Evidence<'_> {
        Evidence { data: &self.data, validation: &self.validation, resamples: &self.resamples }
    }
}

/// Shared by the tests: 200 refits take seconds.
static VALIDATED: LazyLock<Validated> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/pima.csv");
    let data = Dataset::read(&path).unwrap();
    let protocol = Protocol { folds: 5, repeats: 2 };
    let bar = ProgressBar::hidden();
    let validation = cross_validate(&data, Algorithm::Logistic, protocol, &bar).unwrap();
    let fitted = Pipeline::fit(Algorithm::Logistic, data.rows.view(), &data.outcomes).unwrap();
    let resamples = Resamples::refitted(&fitted, &data).unwrap();
    Validated { data, validation, resamples }
});

/// The sets are computed from the training rows of a fold, for its test rows.
#[test]
fn coverage_equals_the_confidence() {
    let Validated { data, validation, .. } = &*VALIDATED;
    for coverage in coverage::table(data, validation) {
        let Coverage { confidence, all, positive, negative, .. } = coverage;
        // Three standard deviations of a share over 768, 268 and 500 people.
        for (share, people) in [(all, 768.0), (positive, 268.0), (negative, 500.0)] {
            let spread = 3.0 * (confidence * (1.0 - confidence) / people).sqrt();
            assert!((share - confidence).abs() < spread, "{coverage:?}");
        }
        let kinds: f64 = coverage.kinds.iter().map(|kind| kind.share).sum();
        assert!((kinds - 1.0).abs() < 1e-3, "{coverage:?}");
    }
}

/// The confidence does not hold among the sets of one kind, which is why the card lists them.
#[test]
fn the_sets_of_one_outcome_hold_the_errors() {
    let Validated { data, validation, .. } = &*VALIDATED;
    let table = coverage::table(data, validation);
    let at_90 = table.iter().find(|coverage| (coverage.confidence - 0.9).abs() < 1e-9).unwrap();
    let with_diabetes =
        |set: &str| at_90.kinds.iter().find(|kind| kind.set == set).unwrap().with_diabetes.unwrap();
    assert!((0.6..0.85).contains(&with_diabetes("diabetes")), "{at_90:?}");
    assert!(with_diabetes("no diabetes") < 0.12, "{at_90:?}");
    // All women with diabetes are in one of the kinds.
    let all: f64 = at_90.kinds.iter().filter_map(|k| k.with_diabetes.map(|d| d * k.share)).sum();
    assert!((all - 268.0 / 768.0).abs() < 1e-3, "{all}");
}

#[test]
fn the_groups_of_a_feature_contain_every_row_once() {
    let groups = groups::table(&VALIDATED.evidence());
    for by in ["age", "bmi", "pregnancies", "insulin"] {
        let of = groups.iter().filter(|group| group.by == by);
        let (rows, positives) =
            of.fold((0, 0), |(rows, positives), g| (rows + g.rows, positives + g.positives));
        assert_eq!((rows, positives), (768, 268), "{by}");
    }
    let unmeasured = groups.iter().find(|group| group.group == "not measured").unwrap();
    assert_eq!((unmeasured.rows, unmeasured.roc_auc), (11, None));
    let without_insulin = groups.iter().rfind(|group| group.group == "not measured").unwrap();
    assert_eq!((without_insulin.by, without_insulin.rows), ("insulin", 374));
    for interval in groups.iter().filter_map(|group| group.roc_auc) {
        assert!(interval.low < interval.value && interval.value < interval.high, "{interval:?}");
    }
}

#[test]
fn a_higher_threshold_calls_fewer_rows_positive() {
    let Validated { data, validation, .. } = &*VALIDATED;
    let table = thresholds::table(data, validation, &[0.45, 0.3, 0.45]);
    assert_eq!(table.len(), 8);
    assert!(table.iter().any(|row| (row.threshold - 0.45).abs() < 1e-12));
    for pair in table.windows(2) {
        assert!(pair[0].threshold < pair[1].threshold);
        assert!(pair[0].sensitivity >= pair[1].sensitivity, "{pair:?}");
        assert!(pair[0].specificity <= pair[1].specificity, "{pair:?}");
        assert!(pair[0].called > pair[1].called, "{pair:?}");
    }
}

/// The half width of an AUC's interval in closed form (Hanley and McNeil, 1982).
fn half_width(auc: f64, positives: f64, negatives: f64) -> f64 {
    let q1 = auc / (2.0 - auc);
    let q2 = 2.0 * auc * auc / (1.0 + auc);
    let variance = (auc * (1.0 - auc)
        + (positives - 1.0) * (q1 - auc * auc)
        + (negatives - 1.0) * (q2 - auc * auc))
        / (positives * negatives);
    1.96 * variance.sqrt()
}

/// The interval has the spread of people and of fits, so it is wider than that of a fixed model judged
/// on all people. It is narrower than that of other people for every draw: the 36.8 % that judge a
/// refit are drawn from the same ones.
#[test]
fn the_width_of_an_interval_agrees_with_theory() {
    let Interval { value, low, high } = performance(&VALIDATED.evidence()).roc_auc;
    let half = (high - low) / 2.0;
    let of_all = half_width(value, 268.0, 500.0);
    let of_draw = half_width(value, 268.0 * 0.368, 500.0 * 0.368);
    assert!((of_all..of_draw).contains(&half), "{of_all} {half} {of_draw}");
}

#[test]
fn the_calibration_curve_contains_every_row_and_is_near_the_diagonal() {
    let found = CalibrationFigures::of(&VALIDATED.evidence());
    let rows: f64 = found.curve.iter().map(|bin| bin.rows).sum();
    assert!((rows - 768.0).abs() < 1e-6, "{rows}");
    let weighed = |bin: &crate::train::card::calibration::CalibrationBin| {
        bin.rows * (bin.predicted - bin.observed).abs()
    };
    // Averaging over the repeats first hides errors: the figure of single fits is never lower.
    let pooled: f64 = found.curve.iter().map(weighed).sum::<f64>() / rows;
    assert!(pooled <= found.ece + 1e-3, "{pooled} {}", found.ece);
    assert!((0.8..1.2).contains(&found.slope), "{found:?}");
    assert!((found.expected_over_observed - 1.0).abs() < 0.05, "{found:?}");
    assert!(mean(found.curve.iter().map(|bin| bin.low)) < mean(found.curve.iter().map(|b| b.high)));
    let top = &found.top_tenth;
    assert_eq!(top.rows, 76);
    assert!(top.observed.low < top.observed.value && top.observed.value < top.observed.high);
    assert!((top.predicted - top.observed.value).abs() < 0.08, "{top:?}");
}
