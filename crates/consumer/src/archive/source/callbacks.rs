//! What librdkafka tells the client: rebalances, errors, statistics.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use rdkafka::{
    ClientContext, Statistics, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _, ConsumerContext},
    error::KafkaError,
    types::{RDKafkaErrorCode, RDKafkaRespErr},
};
use vitals_core::runtime::readiness::Readiness;

use crate::archive::{source::lag, status::recorder::StatusRecorder};

/// The client that polls.
pub(crate) type Client = BaseConsumer<Context>;

/// A change of the assignment that the polling thread has to answer.
#[derive(Debug)]
pub(crate) enum Rebalance {
    /// These partitions are ours from now on.
    Assign(TopicPartitionList),
    /// These partitions go to another member.
    Revoke(TopicPartitionList),
}

/// Keeps rebalances for the polling thread. librdkafka waits for the answer, so the thread can
/// commit what it has of a partition before it lets go of it.
pub(crate) struct Context {
    readiness: Readiness,
    recorder: StatusRecorder,
    rebalances: Mutex<VecDeque<Rebalance>>,
    closing: AtomicBool,
    given_back: AtomicBool,
    assigned: AtomicBool,
    down: AtomicBool,
}

impl Context {
    pub(crate) fn new(readiness: Readiness, recorder: StatusRecorder) -> Self {
        Self {
            readiness,
            recorder,
            rebalances: Mutex::default(),
            closing: AtomicBool::new(false),
            given_back: AtomicBool::new(false),
            assigned: AtomicBool::new(false),
            down: AtomicBool::new(false),
        }
    }

    /// The next rebalance that was not answered.
    pub(crate) fn next_rebalance(&self) -> Option<Rebalance> {
        self.rebalances.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// The group has given this instance its partitions.
    pub(crate) fn assigned(&self) {
        self.assigned.store(true, Ordering::Release);
        self.readiness.met("kafka");
    }

    /// From now on nobody takes rebalances: closing the client answers.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// Gives every partition back, once: librdkafka takes the first answer while it closes for all
    /// partitions, and the group may end with it. A rebalance that waited beside the one that the
    /// closing brings is not answered: a group that has ended drops the call and never returns.
    fn give_back(&self, client: &BaseConsumer<Self>) {
        if self.given_back.swap(true, Ordering::AcqRel) || client.closed() {
            return;
        }
        if let Err(error) = client.unassign() {
            tracing::warn!(%error, "can't give the partitions back");
        }
    }
}

impl ClientContext for Context {
    fn stats(&self, statistics: Statistics) {
        let up = statistics.brokers.values().any(|broker| broker.state == "UP");
        if up && self.down.swap(false, Ordering::AcqRel) {
            tracing::info!("a broker answers again");
        }
        if up && self.assigned.load(Ordering::Acquire) {
            self.readiness.met("kafka");
        }
        lag::report(&statistics, &self.recorder);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // librdkafka says it again with every attempt to connect; that it has begun is enough.
        let down = error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown);
        if down && !self.down.swap(true, Ordering::AcqRel) {
            self.readiness.missing("kafka", "no broker answers");
            tracing::warn!(kafka.reason = reason, "no broker answers");
        } else {
            tracing::debug!(kafka.error = %error, kafka.reason = reason, "Kafka client");
        }
    }
}

impl ConsumerContext for Context {
    fn rebalance(
        &self,
        client: &BaseConsumer<Self>,
        code: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let event = match code {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                Rebalance::Assign(partitions.clone())
            }
            _ => Rebalance::Revoke(partitions.clone()),
        };
        if self.closing.load(Ordering::Acquire) {
            self.give_back(client);
            return;
        }
        self.rebalances.lock().unwrap_or_else(PoisonError::into_inner).push_back(event);
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread, time::Duration};

    use rdkafka::mocking::MockCluster;
    use vitals_core::runtime::{config::Settings, kafka};

    use super::*;

    /// Members of different groups: whether one of them would hang is a race.
    const MEMBERS: usize = 32;

    /// Longer than the broker waits for more members before it assigns.
    const UNTIL_ASSIGNED: Duration = Duration::from_secs(4);

    /// The only member of a group.
    fn member(broker: &str, number: usize) -> Client {
        let mut settings = Settings::default();
        settings.kafka.bootstrap_servers = broker.to_owned();
        settings.consumer.group_id = format!("group-{number}");
        // A static member does not tell the broker that it leaves: its group ends sooner.
        settings.consumer.instance_id = "ward".to_owned();
        let readiness = Readiness::waiting_for(&["kafka"]);
        let recorder = StatusRecorder::new("vitals", "vitals", readiness.clone());
        let config = kafka::archive_config(&settings.kafka, &settings.consumer, "test");
        let context = Context::new(readiness, recorder);
        let client: Client = config.create_with_context(context).unwrap();
        client.subscribe(&["vitals"]).unwrap();
        client
    }

    #[test]
    fn closing_ends_although_a_rebalance_waits_already() {
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
            ended.unwrap_or_else(|_| panic!("member {number} hangs"));
        }
    }
}
