//! Table `audit`: one row per access to a view of the dashboard, see
//! `vitals_core::domain::activity`.

use deltalake::kernel::PrimitiveType::{String, Timestamp};

use super::{column::Column, table_schema::Table};

/// The table of the activity on the dashboard.
pub static ACTIVITY: Table = Table {
    name: "audit",
    indexed: "time,patient_id,user,kafka_partition,kafka_offset,kafka_time",
    columns,
};

fn columns() -> Vec<Column> {
    vec![
        Column::nullable("event_id", String),
        Column::nullable("time", Timestamp),
        // Null if no trusted proxy named one.
        Column::nullable("user", String),
        Column::nullable("address", String),
        Column::nullable("user_agent", String),
        Column::nullable("action", String),
        Column::nullable("view", String),
        Column::nullable("patient_id", String),
        Column::nullable("ward", String),
        Column::nullable("range_from", Timestamp),
        Column::nullable("range_to", Timestamp),
        Column::nullable("request_id", String),
    ]
}
