//! Discovers the topic's partitions, assigns the new ones and reports broker outages.

use std::{collections::BTreeSet, mem, sync::mpsc::Sender, time::Duration};

use rdkafka::{Offset, TopicPartitionList, consumer::Consumer as _};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{
    kafka::{LoggedReasons, READINESS_CONDITION, is_unknown_topic, partitions, request_failure},
    readiness::Readiness,
};

use super::{backfill::Start, start_offsets::StartOffsets};

/// Interval between metadata requests while the topic is being read.
const REFRESH_INTERVAL: Duration = Duration::from_secs(2);

/// Interval between metadata requests while the broker or the topic is missing.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// The partitions assigned to the consumer.
pub(super) struct PartitionWatcher {
    start_offsets: StartOffsets,
    readiness: Readiness,
    assigned: BTreeSet<i32>,
    /// A metadata request has succeeded, or has found no topic. Partitions that appear later are
    /// read from their beginning: all of their messages are new.
    metadata_seen: bool,
    /// Receives the first start offsets, once.
    starts: Option<Sender<Vec<Start>>>,
}

impl PartitionWatcher {
    pub(super) const fn new(
        start_offsets: StartOffsets,
        readiness: Readiness,
        starts: Sender<Vec<Start>>,
    ) -> Self {
        Self {
            start_offsets,
            readiness,
            assigned: BTreeSet::new(),
            metadata_seen: false,
            starts: Some(starts),
        }
    }

    /// Refreshes the assignment until shutdown and keeps readiness condition `kafka` current.
    pub(super) fn run(mut self, runtime: &Handle, shutdown: &CancellationToken) {
        let mut is_reading = false;
        let mut logged = LoggedReasons::new();
        while !shutdown.is_cancelled() {
            let outcome = self.refresh();
            let was_reading = mem::replace(&mut is_reading, outcome.is_ok());
            // Every attempt of an outage fails: each reason is logged once.
            let is_news = match &outcome {
                Ok(()) => {
                    logged.clear();
                    !was_reading
                }
                Err(reason) => logged.add(reason),
            };
            if is_news {
                self.log(&outcome);
            }
            let interval = if is_reading { REFRESH_INTERVAL } else { RETRY_INTERVAL };
            match outcome {
                Ok(()) => self.readiness.met(READINESS_CONDITION),
                Err(reason) => self.readiness.missing(READINESS_CONDITION, reason),
            }
            runtime.block_on(async {
                // Elapsed or cancelled: the loop condition checks the token either way.
                let _elapsed = tokio::time::timeout(interval, shutdown.cancelled()).await;
            });
        }
    }

    fn log(&self, outcome: &Result<(), String>) {
        let topic = &self.start_offsets.topic;
        match outcome {
            Ok(()) => tracing::info!(
                kafka.topic = topic,
                kafka.partitions = self.assigned.len(),
                "reading the topic"
            ),
            Err(reason) => {
                tracing::warn!(kafka.topic = topic, reason, "cannot read the topic, retrying");
            }
        }
    }

    /// Fetches the metadata once and assigns new partitions. The error names the missing part.
    fn refresh(&mut self) -> Result<(), String> {
        // Metadata.
        let StartOffsets { consumer, topic, timeout, .. } = &self.start_offsets;
        let found = match partitions(consumer.client(), topic, *timeout) {
            Ok(found) => BTreeSet::from_iter(found),
            // A topic that is deleted and created again starts over, from its beginning.
            Err(error) if is_unknown_topic(&error) => {
                self.metadata_seen = true;
                self.assigned.clear();
                self.start_offsets.arrivals.clear();
                send_starts(&mut self.starts, &TopicPartitionList::new());
                consumer.unassign().map_err(|error| error.to_string())?;
                return Err(format!("no topic {topic}"));
            }
            Err(error) => return Err(request_failure(&error, topic, consumer.context().broker())),
        };
        consumer.context().broker().set_up();

        // Assignment of the new partitions. The others keep their positions.
        let new: Vec<i32> = found.difference(&self.assigned).copied().collect();
        if !new.is_empty() {
            let offsets = if self.metadata_seen {
                self.start_offsets.beginning(&new)
            } else {
                self.start_offsets.lookback(&new)
            };
            offsets
                .and_then(|offsets| {
                    consumer.incremental_assign(&offsets)?;
                    send_starts(&mut self.starts, &offsets);
                    Ok(())
                })
                .map_err(|error| format!("cannot assign partitions: {error}"))?;
            self.assigned.extend(new);
        }
        self.metadata_seen = true;
        Ok(())
    }
}

/// Sends the first start offsets to the backfill. Partitions that appear later have none: they
/// are read from their beginning.
fn send_starts(starts: &mut Option<Sender<Vec<Start>>>, offsets: &TopicPartitionList) {
    let Some(sender) = starts.take() else { return };
    let elements = offsets.elements();
    let known = elements.iter().filter_map(|element| match element.offset() {
        Offset::Offset(offset) => Some((element.partition(), offset)),
        _ => None,
    });
    // The receiver is gone only during shutdown.
    let _sent = sender.send(known.collect());
}
