//! What the Kafka client reports: deliveries, and the state of the connection.

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

/// The condition of readiness.
const KAFKA: &str = "kafka";
/// How often the queue is looked at.
const TICK: Duration = Duration::from_millis(250);

/// DeliveryCounters deliveries and tells readiness. Clones share it.
#[derive(Clone)]
pub(super) struct ProducerCallbacks(Arc<State>);

struct State {
    readiness: Readiness,
    stop: CancellationToken,
    /// Messages carry the time since then.
    start: Instant,
    counts: DeliveryCounters,
    /// Not known to be away.
    up: AtomicBool,
    /// Why a connection failed last.
    reason: Mutex<String>,
    /// The first refusal, which no repetition helps against.
    refusal: OnceLock<String>,
}

impl ProducerCallbacks {
    /// A callbacks that tells `readiness`, and cancels `stop` when Kafka refuses a reading for good.
    pub(super) fn new(readiness: Readiness, stop: CancellationToken) -> Self {
        Self(Arc::new(State {
            readiness,
            stop,
            start: Instant::now(),
            counts: DeliveryCounters::new(),
            up: AtomicBool::new(true),
            reason: Mutex::default(),
            refusal: OnceLock::new(),
        }))
    }

    /// The time since the callbacks was made, microseconds; what a message carries to its delivery.
    pub(super) fn stopwatch_us(&self) -> usize {
        usize::try_from(self.0.start.elapsed().as_micros()).unwrap_or(usize::MAX)
    }

    /// A message is handed to the client.
    pub(super) fn sent(&self) {
        self.0.counts.sent();
    }

    /// Where readings are now.
    pub(super) fn delivery_stats(&self) -> DeliveryStats {
        self.0.counts.delivery_stats()
    }

    /// Why Kafka refuses readings for good.
    pub(super) fn refusal(&self) -> Option<&str> {
        self.0.refusal.get().map(String::as_str)
    }

    /// Kafka answers.
    pub(super) fn is_up(&self) {
        self.0.readiness.met(KAFKA);
        if !self.0.up.swap(true, Relaxed) {
            tracing::info!("kafka is back");
        }
    }

    /// Kafka doesn't answer; logged when that is new.
    pub(super) fn is_down(&self, reason: &str) {
        self.0.readiness.missing(KAFKA, reason);
        if self.0.up.swap(false, Relaxed) {
            tracing::warn!(reason, "kafka is away, readings wait");
        }
    }

    /// A message that was handed over is refused, and no repetition helps.
    pub(super) fn not_delivered(&self, error: &KafkaError) {
        self.0.counts.failed();
        self.is_refused(error.to_string());
    }

    fn is_refused(&self, reason: String) {
        if self.0.refusal.set(reason).is_ok() {
            self.0.stop.cancel();
        }
    }

    fn lost_connection(&self, reason: &str) {
        reason.clone_into(&mut self.0.reason.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn last_reason(&self) -> String {
        self.0.reason.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps the gauge of the queue, and notices a broker that holds the connection and
    /// acknowledges nothing for `patience`.
    pub(super) async fn watch(self, patience: Duration) {
        let mut ticks = tokio::time::interval(TICK);
        let (mut delivered, mut since) = (0, Instant::now());
        loop {
            ticks.tick().await;
            let stats = self.delivery_stats();
            if stats.delivered != delivered || stats.waiting() == 0 {
                (delivered, since) = (stats.delivered, Instant::now());
            } else if since.elapsed() > patience && self.0.up.load(Relaxed) {
                self.is_down(&format!("nothing acknowledged for {patience:?}"));
            }
        }
    }
}

impl ClientContext for ProducerCallbacks {
    /// The client repeats itself while it tries to connect; what matters comes as an error.
    fn log(&self, level: RDKafkaLogLevel, fac: &str, message: &str) {
        tracing::debug!(kafka.level = ?level, kafka.facility = fac, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::Fatal) => self.is_refused(reason.to_owned()),
            Some(RDKafkaErrorCode::AllBrokersDown) => self.is_down(&self.last_reason()),
            Some(RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SSL) => self.is_down(reason),
            _ => self.lost_connection(reason),
        }
        tracing::debug!(%error, reason, "kafka client");
    }
}

impl ProducerContext for ProducerCallbacks {
    /// Microseconds at which the message was sent.
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
            Err((error, _)) => self.not_delivered(error),
        }
    }
}
