//! One Kafka message becomes one row.

pub(crate) mod row_encoder;
mod kafka_columns;
mod readings;
mod predictions;
mod rejections;
