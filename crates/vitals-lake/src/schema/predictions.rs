//! Table `predictions`: one row per prediction, with all of its fields, see
//! `vitals_core::domain::prediction`.

use deltalake::kernel::PrimitiveType::{Double, Integer, Long, String, Timestamp};
use vitals_core::domain::features::{FEATURE_COUNT, FEATURES};

use super::{column::Column, table_schema::Table};

/// The table of predictions.
pub static PREDICTIONS: Table = Table {
    name: "predictions",
    indexed: "request_id,time,kafka_partition,kafka_offset,model,model_version,kafka_time",
    columns,
};

/// The columns of the features' contributions to the base value, in the order of the features.
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
        Column::nullable("request_id", String),
        // The index within the request, from 0.
        Column::nullable("request_row", Integer),
        Column::nullable("time", Timestamp),
        Column::nullable("model", String),
        Column::nullable("model_version", String),
        Column::nullable("role", String),
    ];
    // A feature that was not measured is null.
    columns.extend(FEATURES.iter().map(|feature| Column::nullable(feature.name, Double)));
    columns.extend([
        Column::nullable("probability", Double),
        Column::nullable("prediction", Integer),
        Column::nullable("threshold", Double),
        Column::nullable("risk_level", String),
        Column::nullable("log_odds", Double),
        Column::nullable("base_value", Double),
    ]);
    columns.extend(CONTRIBUTIONS.map(|name| Column::nullable(name, Double)));
    columns.push(Column::nullable("latency_us", Long));
    for name in ["caller", "traceparent", "client_id"] {
        columns.push(Column::nullable(name, String));
    }
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
