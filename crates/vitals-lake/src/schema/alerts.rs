//! Table `alerts`: one row per transition of an alarm, see `vitals_core::domain::watch`.

use deltalake::kernel::PrimitiveType::{Double, String, Timestamp};

use super::{column::Column, table_schema::Table};

/// The table of alerts.
pub static ALERTS: Table = Table {
    name: "alerts",
    indexed: "patient_id,time,kafka_partition,kafka_offset,kafka_time",
    columns,
};

fn columns() -> Vec<Column> {
    vec![
        Column::nullable("patient_id", String),
        // Unique, unless the watch was killed at the moment of delivery.
        Column::nullable("alert_id", String),
        Column::nullable("occurrence_id", String),
        Column::nullable("time", Timestamp),
        Column::nullable("onset", Timestamp),
        Column::nullable("kind", String),
        Column::nullable("rule", String),
        Column::nullable("priority", String),
        Column::nullable("value", Double),
        Column::nullable("limit_value", Double),
        Column::nullable("text", String),
        Column::nullable("device_id", String),
        Column::nullable("ward", String),
        Column::nullable("bed", String),
        Column::nullable("acted_by", String),
        Column::nullable("silenced_until", Timestamp),
        Column::nullable("note", String),
    ]
}
