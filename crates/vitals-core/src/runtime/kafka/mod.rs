//! The Kafka client layer: client configurations, cluster metadata, and the producer that counts
//! its deliveries.
//!
//! ```text
//!              send                  librdkafka              reports
//! service ---------> CountedProducer ----------> brokers ---------------> ProducerCallbacks
//!    ^                                                                     |            |
//!    |   full queue: the service waits or drops                     DeliveryStats  BrokerState
//!    +---------------------------------------------------------------------+------------+
//! ```
//!
//! A producer's callbacks run on its polling thread, or inside `poll` for a polled producer.
//! Consumers use [`BrokerState`] from their own client context.

mod security;
mod config;
mod metadata;
mod failure_reason;
mod logged_reasons;
mod silence;
mod broker_state;
mod delivery;
mod callbacks;
mod producer;
mod reader;
#[cfg(test)]
mod tests;

pub use self::{
    broker_state::{BrokerState, READINESS_CONDITION},
    callbacks::{DeliveryObserver, ProducerCallbacks},
    config::{
        activity_producer_config, alert_producer_config, archive_config, prediction_log_config,
        producer_config, reader_config, state_producer_config, watch_config, with_statistics,
    },
    delivery::{DeliveryMetrics, DeliveryStats},
    logged_reasons::LoggedReasons,
    metadata::{
        cluster_id, is_denied, is_unknown_topic, leaderless, partitions, request_failure,
        topic_exists, watermarks,
    },
    producer::{CountedProducer, OutgoingMessage, is_queue_full},
    reader::{QuietCallbacks, Reader, ReaderCallbacks},
    security::check_capabilities,
};
