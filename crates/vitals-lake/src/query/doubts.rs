//! The doubted vitals of a reading as a number, so that DataFusion can unite those of several rows.

use std::sync::Arc;

use arrow::{
    array::{AsArray, Int64Array},
    datatypes::DataType,
};
use deltalake::datafusion::{
    common::Result,
    logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf},
};
use vitals_core::domain::{
    flags::Flags,
    vital::{VITALS, Vital},
};

/// The bit of a vital.
const fn bit(vital: Vital) -> i64 {
    1 << vital as u8
}

/// Returns true if the value of `vital` is doubted.
pub(super) const fn contains(doubts: i64, vital: Vital) -> bool {
    doubts & bit(vital) != 0
}

/// The SQL function from the codes of column `flags` to the doubts; null without codes.
pub(super) fn function() -> ScalarUDF {
    let call = Arc::new(of_column);
    create_udf("doubts", vec![DataType::Utf8], DataType::Int64, Volatility::Immutable, call)
}

fn of_column(arguments: &[ColumnarValue]) -> Result<ColumnarValue> {
    let arrays = ColumnarValue::values_to_arrays(arguments)?;
    let codes = arrays.iter().flat_map(AsArray::as_string::<i32>);
    let doubts: Int64Array = codes.map(|codes| codes.map(of_codes)).collect();
    Ok(ColumnarValue::Array(Arc::new(doubts)))
}

fn of_codes(codes: &str) -> i64 {
    let flags = Flags::from_codes(codes);
    let doubted = VITALS.into_iter().filter(|vital| flags.is_doubted(*vital));
    doubted.fold(0, |doubts, vital| doubts | bit(vital))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubts_are_those_of_the_flags() {
        let doubts = of_codes("late,heart_rate:low,spo2:ambiguous,systolic:not_measured");
        let doubted: Vec<_> = VITALS.into_iter().filter(|vital| contains(doubts, *vital)).collect();
        assert_eq!(doubted, [Vital::HeartRate, Vital::Spo2]);
        assert_eq!(of_codes("late"), 0);
    }
}
