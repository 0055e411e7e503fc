//! The Kafka consumer client of the watch, and its callbacks.

use rdkafka::{
    ClientContext, Statistics, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, ConsumerContext},
    error::KafkaError,
    types::RDKafkaRespErr,
};
use vitals_core::runtime::kafka::BrokerState;

use super::recorder::WatchRecorder;
use crate::rebalance_queue::{Rebalance, RebalanceQueue};

/// The consumer client of the watch.
pub(super) type Client = BaseConsumer<Callbacks>;

/// The client's callbacks. Rebalances are queued for the watch's thread.
pub(super) struct Callbacks {
    recorder: WatchRecorder,
    broker: BrokerState,
    rebalances: RebalanceQueue,
}

impl Callbacks {
    pub(super) fn new(recorder: WatchRecorder) -> Self {
        Self { recorder, broker: BrokerState::new("watch"), rebalances: RebalanceQueue::default() }
    }

    /// The reachability of the brokers.
    pub(super) const fn broker(&self) -> &BrokerState {
        &self.broker
    }

    /// Notes that a broker responded.
    pub(super) fn set_up(&self) {
        self.broker.set_up();
        self.recorder.set_outage(None);
    }

    /// The oldest rebalance that has no response yet.
    pub(super) fn next_rebalance(&self) -> Option<Rebalance> {
        self.rebalances.next()
    }

    /// Hands rebalances over to the closing client.
    pub(super) fn close(&self) {
        self.rebalances.close();
    }
}

impl ClientContext for Callbacks {
    /// librdkafka repeats its log lines with every connection attempt; errors carry the same, but for
    /// a connection that times out.
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.broker.client_log(facility, message);
        tracing::debug!(kafka.level = ?level, kafka.facility = facility, "{message}");
    }

    fn stats(&self, statistics: Statistics) {
        if self.broker.observe(&statistics) {
            self.set_up();
        } else if !self.broker.is_up() {
            self.recorder.set_outage(Some(self.broker.outage()));
        }
        for topic in statistics.topics.values() {
            for (id, partition) in &topic.partitions {
                // librdkafka keeps unassigned messages in a pseudo partition, -1.
                if *id >= 0 && partition.desired && partition.hi_offset >= 0 {
                    self.recorder.set_high_watermark(*id, partition.hi_offset);
                }
            }
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.broker.client_error(&error, reason);
        if !self.broker.is_up() {
            self.recorder.set_outage(Some(self.broker.outage()));
        }
    }
}

impl ConsumerContext for Callbacks {
    fn rebalance(
        &self,
        client: &BaseConsumer<Self>,
        code: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        self.rebalances.push(client, code, partitions);
    }
}
