//! Callbacks of the Kafka client: deliveries and the state of the connection.

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use rdkafka::{
    ClientContext,
    config::RDKafkaLogLevel,
    error::KafkaError,
    producer::{DeliveryResult, ProducerContext},
    types::RDKafkaErrorCode,
};
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::readiness::Readiness;

use super::delivery_stats::{DeliveryCounters, DeliveryStats};

/// Name of the readiness condition.
const KAFKA: &str = "kafka";
/// Interval of the watch on the queue.
const WATCH_INTERVAL: Duration = Duration::from_millis(250);

/// Counts deliveries and maintains readiness. Clones share their state.
#[derive(Clone)]
pub(super) struct ProducerCallbacks(Arc<State>);

struct State {
    readiness: Readiness,
    stop: CancellationToken,
    /// Origin of the send times that messages carry.
    start: Instant,
    counts: DeliveryCounters,
    /// False while the broker is known to be unreachable.
    up: AtomicBool,
    /// Cause of the last connection failure.
    reason: Mutex<String>,
    /// The first permanent rejection.
    rejection: OnceLock<String>,
}

impl ProducerCallbacks {
    /// Callbacks that maintain `readiness` and cancel `stop` when Kafka rejects a reading permanently.
    pub(super) fn new(readiness: Readiness, stop: CancellationToken) -> Self {
        Self(Arc::new(State {
            readiness,
            stop,
            start: Instant::now(),
            counts: DeliveryCounters::new(),
            up: AtomicBool::new(true),
            reason: Mutex::default(),
            rejection: OnceLock::new(),
        }))
    }

    /// The send time that a message carries to its delivery report, in microseconds since the
    /// callbacks were created.
    pub(super) fn stopwatch_us(&self) -> usize {
        usize::try_from(self.0.start.elapsed().as_micros()).unwrap_or(usize::MAX)
    }

    /// Counts a message handed to the client.
    pub(super) fn sent(&self) {
        self.0.counts.sent();
    }

    /// Counts of readings by delivery state.
    pub(super) fn delivery_stats(&self) -> DeliveryStats {
        self.0.counts.stats()
    }

    /// The permanent rejection, if there was one.
    pub(super) fn rejection(&self) -> Option<&str> {
        self.0.rejection.get().map(String::as_str)
    }

    /// Marks the broker as reachable; logs a change.
    pub(super) fn is_up(&self) {
        self.0.readiness.met(KAFKA);
        if !self.0.up.swap(true, Relaxed) {
            tracing::info!("Kafka broker reachable again");
        }
    }

    /// Marks the broker as unreachable; logs a change.
    pub(super) fn is_down(&self, reason: &str) {
        self.0.readiness.missing(KAFKA, reason);
        if self.0.up.swap(false, Relaxed) {
            tracing::warn!(reason, "Kafka broker unreachable; readings are queued");
        }
    }

    /// Counts a permanently rejected message and stops the service.
    pub(super) fn rejected(&self, error: &KafkaError) {
        self.0.counts.failed();
        self.fail(error.to_string());
    }

    fn fail(&self, reason: String) {
        if self.0.rejection.set(reason).is_ok() {
            self.0.stop.cancel();
        }
    }

    fn connection_failed(&self, reason: &str) {
        reason.clone_into(&mut self.0.reason.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn last_reason(&self) -> String {
        self.0.reason.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Updates the gauge of the queue, and detects a broker that holds the connection open but
    /// acknowledges nothing within `timeout`.
    pub(super) async fn watch(self, timeout: Duration) {
        let mut ticks = tokio::time::interval(WATCH_INTERVAL);
        let mut delivered = 0;
        let mut since = Instant::now();
        loop {
            ticks.tick().await;
            let stats = self.delivery_stats();
            if stats.delivered != delivered || stats.in_flight() == 0 {
                delivered = stats.delivered;
                since = Instant::now();
            } else if since.elapsed() > timeout && self.0.up.load(Relaxed) {
                self.is_down(&format!("nothing acknowledged for {timeout:?}"));
            }
        }
    }
}

impl ClientContext for ProducerCallbacks {
    /// librdkafka repeats its log messages while it reconnects; relevant ones also arrive as errors.
    fn log(&self, level: RDKafkaLogLevel, fac: &str, message: &str) {
        tracing::debug!(kafka.level = ?level, kafka.facility = fac, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::Fatal) => self.fail(reason.to_owned()),
            Some(RDKafkaErrorCode::AllBrokersDown) => self.is_down(&self.last_reason()),
            Some(RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SSL) => self.is_down(reason),
            _ => self.connection_failed(reason),
        }
        tracing::debug!(%error, reason, "Kafka client error");
    }
}

impl ProducerContext for ProducerCallbacks {
    /// Send time of the message, microseconds.
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, sent_us: usize) {
        match result {
            Ok(_) => {
                let after_us = self.stopwatch_us().saturating_sub(sent_us);
                self.0.counts.delivered(Duration::from_micros(after_us as u64));
                if !self.0.up.load(Relaxed) {
                    self.is_up();
                }
            }
            Err((error, _)) => self.rejected(error),
        }
    }
}
