//! librdkafka's callbacks on the consumer client: rebalances, errors, statistics.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicI64, Ordering},
};

use rdkafka::{
    ClientContext, Statistics, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, ConsumerContext},
    error::KafkaError,
    types::RDKafkaRespErr,
};
use vitals_core::runtime::{
    kafka::{BrokerState, READINESS_CONDITION},
    readiness::Readiness,
};

use super::lag;
use crate::{
    archive::status::StatusRecorder,
    rebalance_queue::{Rebalance, RebalanceQueue},
};

/// The consumer client of the archive.
pub(crate) type Client = BaseConsumer<Callbacks>;

/// The client's callbacks. Rebalances are queued for the polling thread: librdkafka waits for the
/// response, so that the thread can flush a partition's batch before it gives the partition up.
pub(crate) struct Callbacks {
    readiness: Readiness,
    recorder: StatusRecorder,
    rebalances: RebalanceQueue,
    assigned: AtomicBool,
    /// Without the readiness, whose condition also requires partitions.
    broker: BrokerState,
    /// Connections to brokers that were lost so far.
    disconnects: AtomicI64,
    reconnected: AtomicBool,
    /// The reason why the group can't give this instance partitions of the topic.
    subscription_error: Mutex<Option<String>>,
}

impl Callbacks {
    pub(crate) fn new(readiness: Readiness, recorder: StatusRecorder) -> Self {
        Self {
            readiness,
            recorder,
            rebalances: RebalanceQueue::default(),
            assigned: AtomicBool::new(false),
            broker: BrokerState::new("archive"),
            disconnects: AtomicI64::new(0),
            reconnected: AtomicBool::new(false),
            subscription_error: Mutex::default(),
        }
    }

    /// The oldest rebalance that has no response yet.
    pub(crate) fn next_rebalance(&self) -> Option<Rebalance> {
        self.rebalances.next()
    }

    /// Notes that the group has given this instance `partitions` more partitions.
    pub(crate) fn set_assigned(&self, partitions: usize) {
        self.assigned.store(true, Ordering::Release);
        // Without its topic, the group assigns nothing.
        if partitions > 0 {
            *self.subscription_error() = None;
        }
        self.update_readiness();
    }

    /// Notes an error of the subscription: no partition is assigned until it is over. librdkafka
    /// reports it once.
    pub(crate) fn set_subscription_error(&self, reason: String) {
        *self.subscription_error() = Some(reason);
        self.update_readiness();
    }

    /// Sets condition `kafka`: a broker responds, and the group assigns the topic's partitions.
    fn update_readiness(&self) {
        if !self.broker.is_up() {
            self.readiness.missing(READINESS_CONDITION, self.broker.outage());
        } else if let Some(reason) = &*self.subscription_error() {
            self.readiness.missing(READINESS_CONDITION, reason.clone());
        } else if self.assigned.load(Ordering::Acquire) {
            self.readiness.met(READINESS_CONDITION);
        }
    }

    fn subscription_error(&self) -> MutexGuard<'_, Option<String>> {
        self.subscription_error.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns true once after a connection to a broker was lost and another exists.
    pub(crate) fn take_reconnected(&self) -> bool {
        self.reconnected.swap(false, Ordering::AcqRel)
    }

    /// Hands rebalances over to the closing client: the polling thread answers none from now on.
    pub(crate) fn close(&self) {
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
        let up = self.broker.observe(&statistics);
        if up {
            self.broker.set_up();
        }
        // A higher number of disconnects shows that a connection was lost since the last
        // statistics, even if it is up again by now.
        let disconnects = statistics.brokers.values().filter_map(|broker| broker.disconnects);
        let disconnects: i64 = disconnects.sum();
        if up && self.disconnects.swap(disconnects, Ordering::AcqRel) < disconnects {
            self.reconnected.store(true, Ordering::Release);
        }
        if up || !self.broker.is_up() {
            self.update_readiness();
        }
        lag::record(&statistics, &self.recorder);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.broker.client_error(&error, reason);
        if !self.broker.is_up() {
            self.update_readiness();
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

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, sync::mpsc, thread, time::Duration};

    use rdkafka::{consumer::Consumer as _, mocking::MockCluster, types::RDKafkaErrorCode};
    use vitals_core::runtime::{config::Settings, kafka};

    use super::*;

    /// Members, each of its own group. Whether a single one would hang is a race.
    const MEMBERS: usize = 32;

    /// Longer than the broker waits for further members before it assigns.
    const UNTIL_ASSIGNED: Duration = Duration::from_secs(4);

    /// The only member of a group.
    fn member(broker: &str, number: usize) -> Client {
        let mut settings = Settings::default();
        settings.kafka.bootstrap_servers = broker.to_owned();
        settings.consumer.group_id = format!("group-{number}");
        // A static member sends no LeaveGroup request, so its group ends sooner.
        settings.consumer.instance_id = "ward".to_owned();
        let readiness = Readiness::waiting_for(&["kafka"]);
        let recorder = StatusRecorder::new("vitals", "vitals", readiness.clone());
        let config = kafka::archive_config(&settings.kafka, &settings.consumer, "test");
        let callbacks = Callbacks::new(readiness, recorder);
        let client: Client = config.create_with_context(callbacks).unwrap();
        client.subscribe(&["vitals"]).unwrap();
        client
    }

    /// Statistics of a client with a broker.
    fn statistics() -> Statistics {
        let broker = rdkafka::statistics::Broker { state: "UP".to_owned(), ..Default::default() };
        let brokers = HashMap::from([("b".to_owned(), broker)]);
        Statistics { brokers, ..Statistics::default() }
    }

    #[test]
    fn a_missing_topic_is_a_reason_until_its_partitions_are_assigned() {
        let readiness = Readiness::waiting_for(&["kafka"]);
        let recorder = StatusRecorder::new("vitals", "vitals", readiness.clone());
        let callbacks = Callbacks::new(readiness.clone(), recorder);
        callbacks.set_assigned(2);
        callbacks.stats(statistics());
        assert!(readiness.holds("kafka"));
        callbacks.set_subscription_error("no topic vitals".to_owned());
        // The group goes on without a partition, and the statistics see a broker.
        callbacks.set_assigned(0);
        callbacks.stats(statistics());
        assert_eq!(readiness.reasons(), ["kafka: no topic vitals"]);
        callbacks.set_assigned(2);
        callbacks.stats(statistics());
        assert!(readiness.holds("kafka"));
    }

    #[test]
    fn an_outage_is_a_reason_until_a_broker_responds() {
        let readiness = Readiness::waiting_for(&["kafka"]);
        let recorder = StatusRecorder::new("vitals", "vitals", readiness.clone());
        let callbacks = Callbacks::new(readiness.clone(), recorder);
        callbacks.set_assigned(2);
        let refused = KafkaError::Global(RDKafkaErrorCode::BrokerTransportFailure);
        callbacks.error(refused, "connection refused");
        callbacks.error(KafkaError::Global(RDKafkaErrorCode::AllBrokersDown), "1/1 are down");
        assert_eq!(readiness.reasons(), ["kafka: connection refused"]);
        callbacks.stats(statistics());
        assert!(readiness.holds("kafka"));
    }

    #[test]
    fn brokers_that_do_not_respond_are_a_reason_until_they_do() {
        let readiness = Readiness::waiting_for(&["kafka"]);
        let recorder = StatusRecorder::new("vitals", "vitals", readiness.clone());
        let callbacks = Callbacks::new(readiness.clone(), recorder);
        callbacks.set_assigned(2);
        let fetching = |second: i64, responses| {
            let mut statistics = statistics();
            statistics.ts = second * 1_000_000;
            for broker in statistics.brokers.values_mut() {
                broker.rx = responses;
                broker.rxidle = -1;
                broker.waitresp_cnt = 1;
            }
            statistics
        };
        callbacks.stats(fetching(0, 1));
        callbacks.stats(fetching(1, 1));
        assert!(readiness.holds("kafka"));
        callbacks.stats(fetching(11, 1));
        callbacks.stats(fetching(12, 1));
        let reasons = readiness.reasons();
        assert!(reasons[0].starts_with("kafka: the brokers do not respond"), "{reasons:?}");
        callbacks.stats(fetching(13, 2));
        assert!(readiness.holds("kafka"));
    }

    #[test]
    fn close_returns_although_a_rebalance_is_queued() {
        let broker = MockCluster::new(1).unwrap();
        broker.create_topic("vitals", 2, 1).unwrap();
        let servers = broker.bootstrap_servers();
        let members: Vec<_> = (0..MEMBERS).map(|number| member(&servers, number)).collect();
        thread::sleep(UNTIL_ASSIGNED);
        let (done, closed) = mpsc::channel();
        thread::spawn(move || {
            for client in members {
                client.context().close();
                drop(client);
                let _gone = done.send(());
            }
        });
        for number in 0..MEMBERS {
            let ended = closed.recv_timeout(Duration::from_secs(10));
            ended.unwrap_or_else(|_| panic!("member {number} does not close"));
        }
    }
}
