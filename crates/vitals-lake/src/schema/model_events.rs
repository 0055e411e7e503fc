//! Table `model_events`: one row per step of a model version, see
//! `vitals_core::domain::model_event`.

use deltalake::kernel::PrimitiveType::{String, Timestamp};

use super::{column::Column, table_schema::Table};

/// The table of model events.
pub static MODEL_EVENTS: Table = Table {
    name: "model_events",
    indexed: "event_id,time,kafka_partition,kafka_offset,model,model_version",
    columns,
};

fn columns() -> Vec<Column> {
    vec![
        // Not unique: the model server publishes an event at least once.
        Column::nullable("event_id", String),
        Column::nullable("time", Timestamp),
        Column::nullable("step", String),
        Column::nullable("model", String),
        Column::nullable("model_version", String),
        Column::nullable("digest", String),
        Column::nullable("previous", String),
        Column::nullable("who", String),
        Column::nullable("why", String),
    ]
}
