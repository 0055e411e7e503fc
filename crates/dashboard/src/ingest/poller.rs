//! The thread that polls and decodes.

use std::{sync::Arc, time::Duration};

use anyhow::bail;
use metrics::{Counter, counter};
use rdkafka::{
    Message as _, consumer::BaseConsumer, error::KafkaError, message::BorrowedMessage,
    types::RDKafkaErrorCode,
};
use tokio_util::sync::CancellationToken;
use vitals_core::{
    domain::decode::{TimeLimits, decode},
    runtime::clock::now_ms,
};

use crate::live::Live;

/// Longest wait for a message, so that a stop is noticed.
const POLL: Duration = Duration::from_millis(100);

/// What the thread works with.
pub(super) struct Poller {
    pub(super) consumer: Arc<BaseConsumer>,
    pub(super) live: Arc<Live>,
    pub(super) times: TimeLimits,
}

impl Poller {
    /// Hands readings over until the stop.
    pub(super) fn run(self, shutdown: &CancellationToken) -> anyhow::Result<()> {
        let readings = counter!("vitals_dashboard_readings_total");
        while !shutdown.is_cancelled() {
            match self.consumer.poll(POLL) {
                Some(Ok(message)) => self.take(&message, &readings),
                Some(Err(error)) => complain(&error)?,
                None => {}
            }
        }
        Ok(())
    }

    /// What is no reading is counted and left out; the archive keeps it.
    fn take(&self, message: &BorrowedMessage<'_>, readings: &Counter) {
        let now_ms = now_ms();
        // Judged at the time that Kafka gave it, as the archive does.
        let received_ms = message.timestamp().to_millis().unwrap_or(now_ms);
        match decode(message.payload().unwrap_or_default(), received_ms, self.times) {
            Ok(decoded) => {
                readings.increment(1);
                self.live.apply(&decoded, now_ms);
            }
            Err(rejection) => {
                let reason = rejection.reason.code();
                counter!("vitals_dashboard_rejected_total", "reason" => reason).increment(1);
            }
        }
    }
}

/// That the broker is away is noticed and said by the other thread; here only what can't pass
/// matters.
fn complain(error: &KafkaError) -> anyhow::Result<()> {
    if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
        bail!("Kafka: {error}");
    }
    tracing::debug!(kafka.error = %error, "Kafka poll");
    Ok(())
}
