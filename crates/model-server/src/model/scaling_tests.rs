use ndarray::{Array2, array};
use proptest::prelude::*;

use super::*;

const NAN: f64 = f64::NAN;

#[test]
fn the_median_ignores_missing_values() {
    let rows = array![[1.0, 10.0], [NAN, 40.0], [3.0, 20.0], [2.0, NAN], [9.0, 30.0]];
    let imputer = MedianImputer::fit(rows.view()).unwrap();
    assert_eq!(imputer.medians(), [2.5, 25.0]);
    let mut filled = rows;
    imputer.transform(&mut filled).unwrap();
    assert_eq!(filled, array![[1.0, 10.0], [2.5, 40.0], [3.0, 20.0], [2.0, 25.0], [9.0, 30.0]]);
}

#[test]
fn the_median_of_an_odd_count_is_the_middle_value() {
    let imputer = MedianImputer::fit(array![[5.0], [-1.0], [2.0]].view()).unwrap();
    assert_eq!(imputer.medians(), [2.0]);
}

#[test]
fn the_scaler_uses_the_population_deviation() {
    let rows = array![[2.0], [4.0], [4.0], [4.0], [5.0], [5.0], [7.0], [9.0]];
    let scaler = StandardScaler::fit(rows.view()).unwrap();
    assert_eq!((scaler.means(), scaler.deviations()), (&[5.0][..], &[2.0][..]));
}

#[test]
fn a_constant_column_is_only_shifted() {
    let mut rows = array![[0.1], [0.1], [0.1]];
    let scaler = StandardScaler::fit(rows.view()).unwrap();
    scaler.transform(&mut rows).unwrap();
    assert_eq!(scaler.deviations(), [1.0]);
    assert!(rows.iter().all(|value| value.abs() < 1e-12));
}

#[test]
fn invalid_rows_are_rejected_with_a_reason() {
    let empty = Array2::<f64>::zeros((0, 3));
    assert_eq!(MedianImputer::fit(empty.view()), Err(ScalingError::Empty));
    assert_eq!(StandardScaler::fit(empty.view()), Err(ScalingError::Empty));
    let nothing = array![[1.0, NAN], [2.0, NAN]];
    let expected = Err(ScalingError::NothingMeasured { column: 1 });
    assert_eq!(MedianImputer::fit(nothing.view()), expected);
    let expected = Err(ScalingError::NotFinite { column: 1 });
    assert_eq!(StandardScaler::fit(nothing.view()), expected);
    let infinite = array![[1.0], [f64::INFINITY]];
    let expected = Err(ScalingError::NotFinite { column: 0 });
    assert_eq!(MedianImputer::fit(infinite.view()), expected);
}

#[test]
fn rows_of_another_width_are_rejected() {
    let rows = array![[1.0, 2.0], [3.0, 5.0]];
    let mut other = array![[1.0, 2.0, 3.0]];
    let expected = Err(ScalingError::OtherWidth { fitted: 2, given: 3 });
    assert_eq!(MedianImputer::fit(rows.view()).unwrap().transform(&mut other), expected);
    assert_eq!(StandardScaler::fit(rows.view()).unwrap().transform(&mut other), expected);
}

#[test]
fn damaged_json_is_rejected() {
    let scaler =
        |json: &str| serde_json::from_str::<StandardScaler>(json).map_err(|e| e.to_string());
    assert!(scaler(r#"{"means":[1.0],"deviations":[2.0]}"#).is_ok());
    for (json, reason) in [
        (r#"{"means":[1.0],"deviations":[0.0]}"#, "not positive"),
        (r#"{"means":[1.0],"deviations":[-2.0]}"#, "not positive"),
        (r#"{"means":[1.0,2.0],"deviations":[2.0]}"#, "fitted on 2 columns"),
        (r#"{"means":[null],"deviations":[2.0]}"#, "null"),
        (r#"{"means":[1.0],"deviations":[2.0],"x":1}"#, "unknown field"),
    ] {
        let error = scaler(json).unwrap_err();
        assert!(error.contains(reason), "{json}: {error}");
    }
}

#[test]
fn a_map_to_invalid_numbers_is_rejected() {
    let scaler = StandardScaler::fit(array![[1.0], [1.2]].view()).unwrap();
    assert_eq!(scaler.map(f64::round), Err(ScalingError::NotPositive { column: 0 }));
    let imputer = MedianImputer::fit(array![[1.4]].view()).unwrap();
    assert_eq!(imputer.map(f64::round).unwrap().medians(), [1.0]);
}

/// Rows of three columns: one value in five is missing, the first row is complete.
fn rows() -> impl Strategy<Value = Array2<f64>> {
    let value = prop_oneof![4 => -1e3..1e3f64, 1 => Just(NAN)];
    let first = proptest::array::uniform3(-1e3..1e3f64);
    (first, proptest::collection::vec(proptest::array::uniform3(value), 0..40)).prop_map(
        |(first, mut rest)| {
            rest.push(first);
            Array2::from(rest)
        },
    )
}

proptest! {
    #[test]
    fn imputing_fills_missing_values_only(rows in rows()) {
        let imputer = MedianImputer::fit(rows.view()).unwrap();
        let mut filled = rows.clone();
        imputer.transform(&mut filled).unwrap();
        for ((at, before), after) in rows.indexed_iter().zip(&filled) {
            let expected = if before.is_nan() { imputer.medians()[at.1] } else { *before };
            prop_assert_eq!(*after, expected);
        }
    }

    #[test]
    fn half_of_the_measured_values_are_on_each_side_of_the_median(rows in rows()) {
        let imputer = MedianImputer::fit(rows.view()).unwrap();
        for (column, median) in rows.columns().into_iter().zip(imputer.medians()) {
            let measured: Vec<_> = column.iter().filter(|v| !v.is_nan()).collect();
            let below = measured.iter().filter(|v| **v < median).count();
            let above = measured.iter().filter(|v| **v > median).count();
            prop_assert!(2 * below <= measured.len() && 2 * above <= measured.len());
        }
    }

    #[test]
    fn training_rows_get_mean_zero_and_deviation_one(rows in rows()) {
        let mut rows = rows;
        MedianImputer::fit(rows.view()).unwrap().transform(&mut rows).unwrap();
        let scaler = StandardScaler::fit(rows.view()).unwrap();
        let mut scaled = rows.clone();
        scaler.transform(&mut scaled).unwrap();
        for (before, after) in rows.columns().into_iter().zip(scaled.columns()) {
            let (mean, deviation) = mean_and_deviation(after);
            prop_assert!(mean.abs() < 1e-6, "{mean}");
            let constant = before.iter().all(|v| *v == before[0]);
            prop_assert!(constant || (deviation - 1.0).abs() < 1e-6, "{deviation}");
        }
    }

    #[test]
    fn json_round_trips(rows in rows()) {
        let imputer = MedianImputer::fit(rows.view()).unwrap().map(f64::round).unwrap();
        let json = serde_json::to_string(&imputer).unwrap();
        prop_assert_eq!(serde_json::from_str::<MedianImputer>(&json).unwrap(), imputer);
    }
}
