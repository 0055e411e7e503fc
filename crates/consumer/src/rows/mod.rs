//! Rows of the tables: one message becomes one row. The archive, the audit and the replay share
//! this code, so that the same message always gives the same row.
//!
//! ```text
//!  KafkaMessage ──▶ row_encoder ── valid ────▶ readings, predictions, ... ─▶ EncodedRows
//!                        │                          + kafka_columns              ▲
//!                        └──────── rejected ─▶ rejections ───────────────────────┘
//! ```

pub(crate) mod message;
mod raw_headers;
mod times;
mod struct_lists;
mod kafka_columns;
mod readings;
mod predictions;
mod patient_contexts;
mod alerts;
mod model_events;
mod activity_events;
mod rejections;
mod field_counts;
mod row_encoder;

pub(crate) use self::{
    field_counts::FieldCounts,
    raw_headers::{headers, raw_headers},
    row_encoder::{EncodedRows, RowEncoder},
};
