//! Table `vitals`: one row per reading.

use deltalake::kernel::PrimitiveType::{self, Boolean, Double, Long, String, Timestamp};
use vitals_core::domain::vital;

use super::{column::Column, table_schema::Table};

/// The table of readings.
pub static VITALS: Table = Table {
    name: "vitals",
    indexed: "patient_id,time,kafka_partition,kafka_offset,sequence,kafka_time",
    columns,
};

/// The fields of a struct of column `refused`, see `vitals_core::domain::refused`.
const REFUSED_FIELDS: &[(&str, PrimitiveType)] =
    &[("field", String), ("reason", String), ("value", String)];

fn columns() -> Vec<Column> {
    let mut columns =
        vec![Column::nullable("patient_id", String), Column::nullable("time", Timestamp)];
    let vitals = vital::VITALS.into_iter();
    columns.extend(vitals.map(|vital| Column::nullable(vital.name(), Double)));
    columns.extend([
        Column::nullable("supplemental_oxygen", Boolean),
        Column::nullable("consciousness", String),
        Column::nullable("device_id", String),
        Column::nullable("sequence", Long),
        Column::nullable("ward", String),
        Column::nullable("bed", String),
        // Doubts, conversions and conditions, see `vitals_core::domain::flags`.
        Column::nullable("flags", String),
        // The time as sent, if the reading is placed at its arrival.
        Column::nullable("device_time", Timestamp),
        Column::structs("refused", REFUSED_FIELDS),
        // The unknown fields, as a JSON object.
        Column::nullable("extra", String),
    ]);
    columns
}
