//! Restores what readings from before the lookback still say: values observed in rounds are valid
//! for twelve hours.
//!
//! Reads every partition backwards in chunks from the first offset of the poller, so that the
//! newest values are restored first. It ends with the first chunk of messages older than the validity.

use std::{
    sync::{Arc, mpsc::Receiver},
    time::Duration,
};

use rdkafka::{
    Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
    message::BorrowedMessage,
};
use tokio_util::sync::CancellationToken;
use vitals_core::{
    domain::decode::{DecodeOptions, decode},
    runtime::{
        clock::now_ms,
        kafka::{QuietCallbacks, watermarks},
    },
};

use super::arrival;
use crate::{archive::Arrivals, live::Hub, ward::OBSERVED_MS};

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
    /// Receives the arrival of every message.
    pub(super) arrivals: Arrivals,
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
        // Requested for every chunk, because retention may delete the next one meanwhile.
        let begin = self.begin(partition)?;
        let from = begin.max(end - CHUNK);
        if from >= end {
            return Ok(None);
        }
        let mut assignment = TopicPartitionList::new();
        assignment.add_partition_offset(&self.topic, partition, Offset::Offset(from))?;
        self.consumer.assign(&assignment)?;

        // The chunks before one of old messages hold nothing that the ward still shows. A single old
        // time in it may be that of a wrong clock, and one without messages has no time.
        let mut is_old = None;
        while !shutdown.is_cancelled()
            && let Some(message) = self.next_message(partition, shutdown)?
            && message.offset() < end
        {
            is_old = Some(!self.restore_message(&message, oldest_ms) && is_old.unwrap_or(true));
            if message.offset() == end - 1 {
                break;
            }
        }
        Ok(Some(from).filter(|_| is_old != Some(true) && from > begin))
    }

    /// The next message of the chunk. `None` if no more arrive: control records of transactions are
    /// no messages, so the last offset may never come.
    fn next_message(
        &self,
        partition: i32,
        shutdown: &CancellationToken,
    ) -> Result<Option<BorrowedMessage<'_>>, KafkaError> {
        for is_last in [false, true] {
            let mut idle = Duration::ZERO;
            while !shutdown.is_cancelled() && idle < self.timeout {
                if let Some(message) = self.consumer.poll(POLL_TIMEOUT) {
                    return message.map(Some);
                }
                idle += POLL_TIMEOUT;
            }
            // A broker that does not respond has messages, too: the chunk is read again.
            if !is_last {
                self.begin(partition)?;
            }
        }
        Ok(None)
    }

    /// The first offset of a partition.
    fn begin(&self, partition: i32) -> Result<i64, KafkaError> {
        let client = self.consumer.client();
        Ok(watermarks(client, &self.topic, partition, self.timeout)?.start)
    }

    /// Restores a reading. Returns true if its message arrived at `oldest_ms` or later.
    fn restore_message(&self, message: &BorrowedMessage<'_>, oldest_ms: i64) -> bool {
        let now_ms = now_ms();
        let arrival_ms = arrival::arrival_ms(message.timestamp(), true, now_ms);
        self.arrivals.add(message.partition(), message.offset(), arrival_ms);
        // Not decoded: the last chunk may have thousands.
        if arrival_ms.is_some_and(|arrival_ms| arrival_ms < oldest_ms) {
            return false;
        }
        let decoded = message.payload().and_then(|it| decode(it, arrival_ms, &self.options).ok());
        let Some(decoded) = decoded else { return arrival_ms.is_some() };
        let arrival_ms = arrival::of_reading(&decoded, arrival_ms, now_ms);
        let is_valid = arrival_ms >= oldest_ms;
        if is_valid {
            self.hub.restore(&decoded, arrival_ms);
        }
        is_valid
    }
}
