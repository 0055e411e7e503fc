//! Table `patient_context`: one row per change of a patient's context, see
//! `vitals_core::domain::patient_context`.

use deltalake::kernel::PrimitiveType::{Boolean, Integer, String, Timestamp};

use super::{column::Column, table_schema::Table};

/// The table of patient contexts.
pub static PATIENT_CONTEXT: Table = Table {
    name: "patient_context",
    indexed: "patient_id,kafka_partition,kafka_offset,kafka_time",
    columns,
};

fn columns() -> Vec<Column> {
    vec![
        Column::nullable("patient_id", String),
        // True if the message, a tombstone, removed the context.
        Column::nullable("deleted", Boolean),
        Column::nullable("spo2_scale", Integer),
        Column::nullable("spo2_by", String),
        Column::nullable("spo2_at", Timestamp),
        Column::nullable("spo2_reason", String),
        Column::nullable("birth_date", String),
        Column::nullable("age_group", String),
        Column::nullable("pregnant", Boolean),
        // The individual limits by vital, as a JSON object.
        Column::nullable("limits", String),
        Column::nullable("admitted", Timestamp),
        Column::nullable("ward", String),
        Column::nullable("bed", String),
        Column::nullable("discharged", Timestamp),
        Column::nullable("merged_into", String),
        // The message's value, unchanged: it may have fields of a later release.
        Column::nullable("value", String),
    ]
}
