//! Table `vitals`: a row per reading.

use deltalake::kernel::PrimitiveType::{Boolean, Double, Long, String, Timestamp};
use vitals_core::domain::vital;

use super::table_schema::{Column, Table};

/// The table of readings.
pub static VITALS: Table = Table {
    name: "vitals",
    indexed: "patient_id,time,kafka_partition,kafka_offset,sequence",
    columns,
};

fn columns() -> Vec<Column> {
    let mut columns = vec![Column("patient_id", String, true), Column("time", Timestamp, true)];
    columns.extend(vital::VITALS.into_iter().map(|vital| Column(vital.name(), Double, true)));
    columns.extend([
        Column("supplemental_oxygen", Boolean, true),
        Column("consciousness", String, true),
        Column("device_id", String, true),
        Column("sequence", Long, true),
        Column("ward", String, true),
        Column("bed", String, true),
        // Doubts about a reading that is kept, see `vitals_core::domain::flags`.
        Column("flags", String, true),
    ]);
    columns
}
