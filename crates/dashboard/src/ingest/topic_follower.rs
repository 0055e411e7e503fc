//! Follows a topic beside the readings: the patients' contexts and their alarms from the beginning, the
//! activity and the alerts from their newest messages.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use rdkafka::{
    Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
    message::BorrowedMessage,
    topic_partition_list::TopicPartitionListElem,
};
use tokio_util::sync::CancellationToken;
use vitals_core::{
    domain::patient_context,
    runtime::{
        clock::now_ms,
        kafka::{QuietCallbacks, is_denied, partitions, watermarks},
    },
};

use super::arrival::arrival_ms;
use crate::{archive::Arrivals, live::Hub, metrics::count_rejected, ward::Watched};

/// Interval between metadata requests: the topic may be created later.
const REFRESH_INTERVAL: Duration = Duration::from_secs(2);

/// Upper bound on one poll, and so on the delay until shutdown is noticed.
const POLL_TIMEOUT: Duration = Duration::from_millis(100);

/// A message with a key.
pub(super) struct KeyedMessage<'m> {
    pub(super) key: &'m str,
    /// `None` for a tombstone.
    pub(super) value: Option<&'m [u8]>,
    pub(super) arrival_ms: i64,
}

/// Applies a message.
pub(super) type Apply = Box<dyn Fn(&KeyedMessage<'_>) + Send>;

/// A consumer of the topic outside any group.
pub(super) struct TopicFollower {
    pub(super) consumer: BaseConsumer<QuietCallbacks>,
    pub(super) topic: String,
    /// The start in each partition.
    pub(super) start: Offset,
    /// Upper bound on each request.
    pub(super) timeout: Duration,
    /// The receiver of the messages.
    pub(super) apply: Apply,
    /// Receives the arrivals of the messages, for a topic whose archive the pages read.
    pub(super) arrivals: Option<Arrivals>,
}

impl TopicFollower {
    /// Applies messages until shutdown. The topic may be created later.
    pub(super) fn run(self, shutdown: &CancellationToken) {
        let mut assigned = BTreeSet::new();
        let mut refreshed: Option<Instant> = None;
        let mut was_denied = false;
        while !shutdown.is_cancelled() {
            // The topic and its partitions may be created while the dashboard runs.
            if refreshed.is_none_or(|at| at.elapsed() >= REFRESH_INTERVAL) {
                let outcome = self.assign_new(&mut assigned);
                was_denied = self.log_failure(outcome.err(), was_denied);
                refreshed = Some(Instant::now());
            }
            match self.consumer.poll(POLL_TIMEOUT) {
                Some(Ok(message)) => self.apply(&message),
                Some(Err(error)) => tracing::debug!(kafka.error = %error, "poll failed"),
                None => {}
            }
        }
    }

    /// Warns about access that an operator has to grant, once. Returns true if it is denied.
    fn log_failure(&self, failure: Option<KafkaError>, was_denied: bool) -> bool {
        let Some(error) = failure else { return false };
        let denied = is_denied(&error);
        if denied && !was_denied {
            tracing::warn!(kafka.topic = self.topic, "access to the topic is denied; retrying");
        } else {
            tracing::debug!(kafka.topic = self.topic, kafka.error = %error, "topic not followed");
        }
        denied
    }

    fn assign_new(&self, assigned: &mut BTreeSet<i32>) -> Result<(), KafkaError> {
        let found = partitions(self.consumer.client(), &self.topic, self.timeout)?;
        let mut new = TopicPartitionList::new();
        for partition in found {
            if !assigned.contains(&partition) {
                new.add_partition_offset(&self.topic, partition, self.start)?;
                self.begin(partition)?;
            }
        }
        if new.count() > 0 {
            self.consumer.incremental_assign(&new)?;
            assigned.extend(new.elements().iter().map(TopicPartitionListElem::partition));
        }
        Ok(())
    }

    /// Begins to follow the arrivals of a partition.
    fn begin(&self, partition: i32) -> Result<(), KafkaError> {
        let Some(arrivals) = &self.arrivals else { return Ok(()) };
        let client = self.consumer.client();
        let end = watermarks(client, &self.topic, partition, self.timeout)?.end;
        arrivals.begin(partition, end, now_ms());
        Ok(())
    }

    /// Applies one message.
    fn apply(&self, message: &BorrowedMessage<'_>) {
        // These topics are read from their beginning, or near it.
        let now_ms = now_ms();
        let arrival_ms = arrival_ms(message.timestamp(), true, now_ms);
        if let Some(arrivals) = &self.arrivals {
            arrivals.add(message.partition(), message.offset(), arrival_ms);
        }
        let Some(Ok(key)) = message.key().map(std::str::from_utf8) else {
            count_rejected("message_without_key");
            return;
        };
        let arrival_ms = arrival_ms.unwrap_or(now_ms);
        (self.apply)(&KeyedMessage { key, value: message.payload(), arrival_ms });
    }
}

/// Applies a message of topic `patient-context`.
pub(super) fn apply_context(hub: &Hub, message: &KeyedMessage<'_>) {
    let KeyedMessage { key, value, arrival_ms } = *message;
    match value.map(|value| patient_context::decode(Some(key.as_bytes()), value)) {
        None => hub.set_context(key, None),
        Some(Ok(context)) => hub.set_context(key, Some(context.arrived(arrival_ms))),
        Some(Err(_)) => count_rejected("invalid_context"),
    }
}

/// Applies a message of topic `patient-status`.
pub(super) fn apply_status(hub: &Hub, message: &KeyedMessage<'_>) {
    match message.value.map(Watched::parse) {
        None => hub.set_watched(message.key, None),
        Some(Ok(watched)) => hub.set_watched(message.key, Some(watched)),
        Some(Err(_)) => count_rejected("invalid_status"),
    }
}
