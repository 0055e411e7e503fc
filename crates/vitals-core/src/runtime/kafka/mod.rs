//! The Kafka client layer: client configurations and cluster metadata.

mod config;
mod metadata;

pub use self::{
    config::{archive_config, prediction_log_config, producer_config, reader_config},
    metadata::{cluster_id, is_unknown_topic, partitions, topic_exists, watermarks},
};
