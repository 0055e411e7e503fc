//! Table `predictions`: a row per prediction, complete, see `vitals_core::domain::prediction`.

use deltalake::kernel::PrimitiveType::{Double, Integer, Long, String, Timestamp};
use vitals_core::domain::features::{FEATURE_COUNT, FEATURES};

use super::table_schema::{Column, Table};

/// The table of predictions.
pub static PREDICTIONS: Table = Table {
    name: "predictions",
    indexed: "request_id,time,kafka_partition,kafka_offset,model,model_version",
    columns,
};

/// The columns of what each feature adds to the base value, in the order of the features.
pub const CONTRIBUTIONS: [&str; FEATURE_COUNT] = [
    "contribution_pregnancies",
    "contribution_glucose",
    "contribution_blood_pressure",
    "contribution_skin_thickness",
    "contribution_insulin",
    "contribution_bmi",
    "contribution_diabetes_pedigree_function",
    "contribution_age",
];

fn columns() -> Vec<Column> {
    let mut columns = vec![
        Column("request_id", String, true),
        // From 0 within the request.
        Column("request_row", Integer, true),
        Column("time", Timestamp, true),
        Column("model", String, true),
        Column("model_version", String, true),
        Column("role", String, true),
    ];
    // Null where it was not measured.
    columns.extend(FEATURES.iter().map(|feature| Column(feature.name, Double, true)));
    columns.extend([
        Column("probability", Double, true),
        Column("prediction", Integer, true),
        Column("threshold", Double, true),
        Column("risk_level", String, true),
        Column("log_odds", Double, true),
        Column("base_value", Double, true),
    ]);
    columns.extend(CONTRIBUTIONS.map(|name| Column(name, Double, true)));
    columns.push(Column("latency_us", Long, true));
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contributions_are_named_after_their_features() {
        let expected = FEATURES.each_ref().map(|feature| format!("contribution_{}", feature.name));
        assert_eq!(CONTRIBUTIONS.map(ToOwned::to_owned), expected);
    }
}
