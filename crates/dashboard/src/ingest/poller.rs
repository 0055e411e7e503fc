//! Polls Kafka, decodes readings and applies them to the ward.

use std::{sync::Arc, time::Duration};

use anyhow::bail;
use metrics::Counter;
use rdkafka::{Message as _, error::KafkaError, message::BorrowedMessage, types::RDKafkaErrorCode};
use tokio_util::sync::CancellationToken;
use vitals_core::{
    domain::decode::{DecodeOptions, decode},
    runtime::{clock::now_ms, kafka::Reader},
};

use super::arrival::{self, Backlog};
use crate::{
    archive::Arrivals,
    live::Hub,
    metrics::{count_rejected, readings_counter},
};

/// Upper bound on one poll, and so on the delay until shutdown is noticed.
const POLL_TIMEOUT: Duration = Duration::from_millis(100);

/// The consumer, and the hub that receives its readings.
pub(super) struct Poller {
    pub(super) consumer: Arc<Reader>,
    pub(super) hub: Arc<Hub>,
    pub(super) options: DecodeOptions,
    pub(super) backlog: Backlog,
    /// Receives the arrival of every message.
    pub(super) arrivals: Arrivals,
}

impl Poller {
    /// Applies readings until shutdown.
    ///
    /// # Errors
    /// If the Kafka client reports a fatal error.
    pub(super) fn run(self, shutdown: &CancellationToken) -> anyhow::Result<()> {
        let readings = readings_counter();
        while !shutdown.is_cancelled() {
            match self.consumer.poll(POLL_TIMEOUT) {
                Some(Ok(message)) => self.apply(&message, &readings),
                Some(Err(error)) => handle_error(&error)?,
                None => {}
            }
        }
        Ok(())
    }

    /// Decodes a message and applies its reading. Rejected messages are only counted here: the
    /// archive stores them.
    fn apply(&self, message: &BorrowedMessage<'_>, readings: &Counter) {
        let now_ms = now_ms();
        let (partition, offset) = (message.partition(), message.offset());
        let in_backlog = self.backlog.contains(partition, offset);
        let arrival_ms = arrival::arrival_ms(message.timestamp(), in_backlog, now_ms);
        self.arrivals.add(partition, offset, arrival_ms);
        // A tombstone is no reading.
        let Some(payload) = message.payload() else { return };
        match decode(payload, arrival_ms, &self.options) {
            Ok(decoded) => {
                readings.increment(1);
                let arrival_ms = arrival::of_reading(&decoded, arrival_ms, now_ms);
                self.hub.apply(&decoded, arrival_ms, now_ms);
            }
            Err(rejection) => {
                let reason = rejection.reason.code();
                count_rejected(reason);
                self.hub.reject(reason, payload, arrival_ms.unwrap_or(now_ms), now_ms);
            }
        }
    }
}

/// Fails on fatal errors only: librdkafka recovers from the others, and the partition watcher
/// reports outages.
fn handle_error(error: &KafkaError) -> anyhow::Result<()> {
    if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
        bail!("Kafka: {error}");
    }
    tracing::debug!(kafka.error = %error, "poll failed, librdkafka retries");
    Ok(())
}
