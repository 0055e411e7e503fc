//! Table `vitals`: one row per reading.

use deltalake::kernel::PrimitiveType::{Boolean, Double, Long, String, Timestamp};
use vitals_core::domain::vital;

use super::{column::Column, table_schema::Table};

/// The table of readings.
pub static VITALS: Table = Table {
    name: "vitals",
    indexed: "patient_id,time,kafka_partition,kafka_offset,sequence",
    columns,
};

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
        // The plausibility flags of an accepted reading, see `vitals_core::domain::flags`.
        Column::nullable("flags", String),
    ]);
    columns
}
