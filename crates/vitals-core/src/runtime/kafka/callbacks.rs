//! The client context of a producer: librdkafka's delivery reports and errors.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use rdkafka::{
    ClientContext, Message as _, Statistics,
    config::RDKafkaLogLevel,
    error::KafkaError,
    producer::{DeliveryResult, ProducerContext},
    types::RDKafkaErrorCode,
};
use tokio_util::sync::CancellationToken;

use super::{
    broker_state::BrokerState,
    delivery::{DeliveryCounts, DeliveryMetrics, DeliveryStats},
};
use crate::runtime::readiness::Readiness;

/// The interval at which stalled deliveries are detected.
const STALL_CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// Receives the key of every message and whether it was delivered.
pub type DeliveryObserver = Arc<dyn Fn(&[u8], bool) + Send + Sync>;

/// Counts deliveries and tracks the brokers' state. Clones share both, so that an admin client
/// can use the context of a producer.
#[derive(Clone)]
pub struct ProducerCallbacks(Arc<State>);

struct State {
    client: &'static str,
    counts: DeliveryCounts,
    broker: BrokerState,
    observer: Option<DeliveryObserver>,
    /// Cancelled at the first permanent error.
    stop: Option<CancellationToken>,
    permanent_error: OnceLock<String>,
    /// True after a failure until the next delivery: the failures of a series are logged once.
    failing: AtomicBool,
    /// A message's opaque is the time it was sent, relative to this instant.
    start: Instant,
}

impl ProducerCallbacks {
    /// The callbacks of `client`, for example `prediction log`.
    #[must_use]
    pub fn new(client: &'static str, metrics: DeliveryMetrics) -> Self {
        let broker = BrokerState::new(client).with_gauge(metrics.broker_up.clone());
        Self::with(client, metrics, broker, None, None)
    }

    /// Callbacks that also report every delivery to `observer`.
    #[must_use]
    pub fn observed(
        client: &'static str,
        metrics: DeliveryMetrics,
        observer: DeliveryObserver,
    ) -> Self {
        let broker = BrokerState::new(client).with_gauge(metrics.broker_up.clone());
        Self::with(client, metrics, broker, Some(observer), None)
    }

    /// Callbacks that also keep `readiness`, and cancel `stop` at the first message that fails: for
    /// a producer whose every message has to be delivered.
    #[must_use]
    pub fn strict(
        client: &'static str,
        metrics: DeliveryMetrics,
        readiness: Readiness,
        stop: CancellationToken,
    ) -> Self {
        let broker = BrokerState::new(client)
            .with_gauge(metrics.broker_up.clone())
            .with_readiness(readiness);
        Self::with(client, metrics, broker, None, Some(stop))
    }

    fn with(
        client: &'static str,
        metrics: DeliveryMetrics,
        broker: BrokerState,
        observer: Option<DeliveryObserver>,
        stop: Option<CancellationToken>,
    ) -> Self {
        Self(Arc::new(State {
            client,
            counts: DeliveryCounts::new(metrics),
            broker,
            observer,
            stop,
            permanent_error: OnceLock::new(),
            failing: AtomicBool::new(false),
            start: Instant::now(),
        }))
    }

    /// The messages by their state of delivery.
    #[must_use]
    pub fn stats(&self) -> DeliveryStats {
        self.0.counts.stats()
    }

    /// The reachability of the brokers.
    #[must_use]
    pub fn broker(&self) -> &BrokerState {
        &self.0.broker
    }

    /// The first permanent error, if any: the client failed, or a strict producer lost a message.
    #[must_use]
    pub fn permanent_error(&self) -> Option<&str> {
        self.0.permanent_error.get().map(String::as_str)
    }

    /// Reports an outage while a broker holds the connection but acknowledges nothing for
    /// `timeout`. Runs until it is dropped.
    pub async fn detect_stalls(self, timeout: Duration) {
        let mut ticks = tokio::time::interval(STALL_CHECK_INTERVAL);
        let mut delivered = 0;
        let mut progress = Instant::now();
        loop {
            ticks.tick().await;
            let stats = self.stats();
            // An empty queue is no stall, however long it lasts.
            if stats.delivered != delivered || stats.in_flight() == 0 {
                delivered = stats.delivered;
                progress = Instant::now();
            } else if progress.elapsed() > timeout && self.0.broker.is_up() {
                self.0.broker.set_down(&format!("nothing acknowledged for {timeout:?}"));
            }
        }
    }

    /// Counts a message that the client did not accept as sent and failed.
    pub fn count_failure(&self, error: &KafkaError, topic: &str) {
        self.message_sent();
        self.message_failed(error, topic);
    }

    /// The time since the callbacks were created, microseconds: the opaque of a message sent now.
    pub(super) fn elapsed_us(&self) -> usize {
        usize::try_from(self.0.start.elapsed().as_micros()).unwrap_or(usize::MAX)
    }

    pub(super) fn message_sent(&self) {
        self.0.counts.count_sent();
    }

    fn message_delivered(&self, sent_us: usize) {
        let latency_us = self.elapsed_us().saturating_sub(sent_us);
        self.0.counts.count_delivered(Duration::from_micros(latency_us as u64));
        self.0.failing.store(false, Relaxed);
        // Checked first: `set_up` locks readiness, and deliveries are frequent.
        if !self.0.broker.is_up() {
            self.0.broker.set_up();
        }
    }

    /// Counts a failure. Only the first of a series is logged at `warn`.
    fn message_failed(&self, error: &KafkaError, topic: &str) {
        let State { client, .. } = *self.0;
        self.0.counts.count_failed();
        // A strict producer ends with this error and reports it itself.
        if self.0.stop.is_some() {
            self.fail_permanently(error.to_string());
        } else if self.0.failing.swap(true, Relaxed) {
            tracing::debug!(kafka.client = client, kafka.topic = topic, %error, "message failed");
        } else {
            tracing::warn!(kafka.client = client, kafka.topic = topic, %error, "message failed");
        }
    }

    fn fail_permanently(&self, reason: String) {
        if self.0.permanent_error.set(reason).is_ok()
            && let Some(stop) = &self.0.stop
        {
            stop.cancel();
        }
    }
}

impl ClientContext for ProducerCallbacks {
    /// librdkafka repeats its log lines with every connection attempt; errors and deliveries
    /// carry the same information, but for a connection that times out.
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.0.broker.client_log(facility, message);
        tracing::debug!(kafka.level = ?level, kafka.facility = facility, "{message}");
    }

    fn stats(&self, statistics: Statistics) {
        // A delivery ends every other outage.
        self.0.broker.observe(&statistics);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // After a fatal error, librdkafka refuses every further message.
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
            self.fail_permanently(reason.to_owned());
        }
        self.0.broker.client_error(&error, reason);
    }
}

impl ProducerContext for ProducerCallbacks {
    /// The time at which the message was sent, microseconds.
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, sent_us: usize) {
        if let Some(observer) = &self.0.observer {
            let (Ok(message) | Err((_, message))) = result;
            observer(message.key().unwrap_or_default(), result.is_ok());
        }
        match result {
            Ok(_) => self.message_delivered(sent_us),
            Err((error, message)) => self.message_failed(error, message.topic()),
        }
    }
}
