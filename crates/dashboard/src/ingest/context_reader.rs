//! Reads topic `patient-context` from its beginning and keeps the patients' contexts current.

use std::{
    collections::BTreeSet,
    sync::Arc,
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
use vitals_core::{domain::patient_context::PatientContext, runtime::kafka::partitions};

use crate::{live::Hub, metrics::count_rejected};

/// Interval between metadata requests: the topic may be created later.
const REFRESH_INTERVAL: Duration = Duration::from_secs(2);

/// Upper bound on one poll, and so on the delay until shutdown is noticed.
const POLL_TIMEOUT: Duration = Duration::from_millis(100);

/// A consumer of the topic outside any group, and the hub that receives the contexts.
pub(super) struct ContextReader {
    pub(super) consumer: BaseConsumer,
    pub(super) topic: String,
    pub(super) hub: Arc<Hub>,
    /// Upper bound on each request.
    pub(super) timeout: Duration,
}

impl ContextReader {
    /// Applies contexts until shutdown. Without the topic no patient has a context.
    pub(super) fn run(self, shutdown: &CancellationToken) {
        let mut assigned = BTreeSet::new();
        let mut refreshed: Option<Instant> = None;
        while !shutdown.is_cancelled() {
            if refreshed.is_none_or(|at| at.elapsed() >= REFRESH_INTERVAL) {
                if let Err(error) = self.assign_new(&mut assigned) {
                    tracing::debug!(kafka.topic = self.topic, kafka.error = %error, "no patient contexts");
                }
                refreshed = Some(Instant::now());
            }
            match self.consumer.poll(POLL_TIMEOUT) {
                Some(Ok(message)) => self.apply(&message),
                Some(Err(error)) => tracing::debug!(kafka.error = %error, "poll failed"),
                None => {}
            }
        }
    }

    fn assign_new(&self, assigned: &mut BTreeSet<i32>) -> Result<(), KafkaError> {
        let found = partitions(self.consumer.client(), &self.topic, self.timeout)?;
        let mut new = TopicPartitionList::new();
        for partition in found {
            if !assigned.contains(&partition) {
                new.add_partition_offset(&self.topic, partition, Offset::Beginning)?;
            }
        }
        if new.count() > 0 {
            self.consumer.incremental_assign(&new)?;
            assigned.extend(new.elements().iter().map(TopicPartitionListElem::partition));
        }
        Ok(())
    }

    /// Applies one context, or a tombstone. The key is the patient.
    fn apply(&self, message: &BorrowedMessage<'_>) {
        let Some(id) = message.key().and_then(|key| std::str::from_utf8(key).ok()) else {
            return count_rejected("context_without_key");
        };
        match message.payload().map(PatientContext::parse) {
            None => self.hub.set_context(id, None),
            Some(Ok(context)) => self.hub.set_context(id, Some(context)),
            Some(Err(_)) => count_rejected("invalid_context"),
        }
    }
}
