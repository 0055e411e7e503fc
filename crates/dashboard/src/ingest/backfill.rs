//! Restores what readings from before the lookback still say: values observed in rounds are valid
//! for twelve hours.
//!
//! Reads every partition backwards in chunks from the first offset of the poller, so that the
//! newest values are restored first. It ends with the first message older than the validity.

use std::{
    sync::{Arc, mpsc::Receiver},
    time::Duration,
};

use rdkafka::{
    Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
};
use tokio_util::sync::CancellationToken;
use vitals_core::{
    domain::decode::{DecodeOptions, decode},
    runtime::{
        clock::now_ms,
        kafka::{QuietCallbacks, watermarks},
    },
};

use super::arrival::arrival_ms;
use crate::{live::Hub, ward::OBSERVED_MS};

/// Messages per chunk: about a minute of a large ward, well below a second to read.
const CHUNK: i64 = 20_000;

/// Upper bound on each wait, and so on the delay until shutdown is noticed.
const POLL_TIMEOUT: Duration = Duration::from_millis(100);

/// A partition and the first offset that the poller reads.
pub(super) type Start = (i32, i64);

/// A consumer of its own: the poller's positions stay untouched.
pub(super) struct Backfill {
    pub(super) consumer: BaseConsumer<QuietCallbacks>,
    pub(super) topic: String,
    pub(super) hub: Arc<Hub>,
    pub(super) options: DecodeOptions,
    /// The poller's first offsets, sent once they are known.
    pub(super) starts: Receiver<Vec<Start>>,
    /// Upper bound on each request.
    pub(super) timeout: Duration,
}

impl Backfill {
    /// Restores every partition, then ends. Retries while the broker is down.
    pub(super) fn run(self, shutdown: &CancellationToken) {
        let Some(starts) = self.wait_for_starts(shutdown) else { return };
        // Observations count for the longest time, so nothing older is displayed.
        let oldest_ms = now_ms().saturating_sub(OBSERVED_MS);
        for start in starts {
            self.restore(start, oldest_ms, shutdown);
        }
        if !shutdown.is_cancelled() {
            tracing::info!(kafka.topic = self.topic, "restored the readings before the start");
            self.hub.set_restored();
        }
    }

    fn wait_for_starts(&self, shutdown: &CancellationToken) -> Option<Vec<Start>> {
        while !shutdown.is_cancelled() {
            if let Ok(starts) = self.starts.recv_timeout(POLL_TIMEOUT) {
                return Some(starts);
            }
        }
        None
    }

    /// Restores one partition, backwards from `start`.
    fn restore(&self, (partition, start): Start, oldest_ms: i64, shutdown: &CancellationToken) {
        let mut end = start;
        while end > 0 && !shutdown.is_cancelled() {
            match self.restore_chunk(partition, end, oldest_ms, shutdown) {
                Ok(Some(from)) => end = from,
                Ok(None) => return,
                Err(error) => {
                    tracing::debug!(kafka.error = %error, "cannot restore a chunk, retrying");
                    std::thread::sleep(POLL_TIMEOUT);
                }
            }
        }
    }

    /// Restores the chunk before offset `end`. Returns its first offset, the end of the next
    /// chunk; `None` if there is none.
    fn restore_chunk(
        &self,
        partition: i32,
        end: i64,
        oldest_ms: i64,
        shutdown: &CancellationToken,
    ) -> Result<Option<i64>, KafkaError> {
        // Fetched for every chunk, because retention may delete the next one meanwhile.
        let begin = watermarks(self.consumer.client(), &self.topic, partition, self.timeout)?.start;
        let from = begin.max(end - CHUNK);
        if from >= end {
            return Ok(None);
        }
        let mut assignment = TopicPartitionList::new();
        assignment.add_partition_offset(&self.topic, partition, Offset::Offset(from))?;
        self.consumer.assign(&assignment)?;

        let mut first_arrival_ms = None;
        let mut idle = Duration::ZERO;
        // Control records of transactions are no messages, so the last offset may never come.
        while !shutdown.is_cancelled() && idle < self.timeout {
            let Some(message) = self.consumer.poll(POLL_TIMEOUT).transpose()? else {
                idle += POLL_TIMEOUT;
                continue;
            };
            idle = Duration::ZERO;
            if message.offset() >= end {
                break;
            }
            let arrival_ms = arrival_ms(message.timestamp(), true, now_ms());
            first_arrival_ms.get_or_insert(arrival_ms);
            if arrival_ms >= oldest_ms
                && let Some(payload) = message.payload()
                && let Ok(decoded) = decode(payload, Some(arrival_ms), &self.options)
            {
                self.hub.restore(&decoded, arrival_ms);
            }
            if message.offset() == end - 1 {
                break;
            }
        }
        // The chunks before one with an old reading hold nothing that the ward still shows.
        let valid = first_arrival_ms.is_some_and(|arrival_ms| arrival_ms >= oldest_ms);
        Ok(Some(from).filter(|_| valid && from > begin))
    }
}
