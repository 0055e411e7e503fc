//! Detection of broker outages.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use metrics::Gauge;
use rdkafka::{Statistics, error::KafkaError, types::RDKafkaErrorCode};

use super::{
    failure_reason::{CLOSED, is_silent, is_timeout, silent, tls_failure},
    logged_reasons::LoggedReasons,
    metadata::is_denied,
    silence::{Responses, Silence},
};
use crate::runtime::{clock::now_ms, readiness::Readiness};

/// The readiness condition that a broker outage fails.
pub const READINESS_CONDITION: &str = "kafka";

/// The reachability of the brokers as seen by one client: up until the client reports an outage.
///
/// Each reason of an outage is logged once, and its end.
pub struct BrokerState {
    /// The client, for log lines.
    client: &'static str,
    readiness: Option<Readiness>,
    gauge: Gauge,
    up: AtomicBool,
    /// The cause of the latest failed connection. librdkafka reports it ahead of the outage.
    last_failure: Mutex<String>,
    /// The reason of the outage; empty without one.
    outage: Mutex<String>,
    logged: Mutex<LoggedReasons>,
    silence: Mutex<Silence>,
}

impl BrokerState {
    /// The state of `client`, for example `prediction log`.
    #[must_use]
    pub const fn new(client: &'static str) -> Self {
        Self {
            client,
            readiness: None,
            gauge: Gauge::noop(),
            up: AtomicBool::new(true),
            last_failure: Mutex::new(String::new()),
            outage: Mutex::new(String::new()),
            logged: Mutex::new(LoggedReasons::new()),
            silence: Mutex::new(Silence::new()),
        }
    }

    /// Keeps the condition [`READINESS_CONDITION`] of `readiness` in step with the state.
    #[must_use]
    pub fn with_readiness(self, readiness: Readiness) -> Self {
        Self { readiness: Some(readiness), ..self }
    }

    /// Sets `gauge` to 1 while the brokers are up, to 0 during an outage.
    #[must_use]
    pub fn with_gauge(self, gauge: Gauge) -> Self {
        gauge.set(1.0);
        Self { gauge, ..self }
    }

    /// Returns true unless an outage was reported.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.up.load(Relaxed)
    }

    /// The reason of the outage; empty without one.
    #[must_use]
    pub fn outage(&self) -> String {
        lock(&self.outage).clone()
    }

    /// Records a response of a broker.
    pub fn set_up(&self) {
        lock(&self.outage).clear();
        lock(&self.last_failure).clear();
        lock(&self.logged).clear();
        if let Some(readiness) = &self.readiness {
            readiness.met(READINESS_CONDITION);
        }
        if !self.up.swap(true, Relaxed) {
            self.gauge.set(1.0);
            tracing::info!(kafka.client = self.client, "Kafka available again");
        }
    }

    /// Records a request without a response. The cause of the outage remains its reason if it is
    /// known.
    pub fn set_unresponsive(&self, reason: &str) {
        let failure = lock(&self.last_failure).clone();
        let known = if failure.is_empty() { self.outage() } else { failure };
        self.set_down(if known.is_empty() { reason } else { &known });
    }

    /// Records an outage.
    pub fn set_down(&self, reason: &str) {
        reason.clone_into(&mut lock(&self.outage));
        if let Some(readiness) = &self.readiness {
            readiness.missing(READINESS_CONDITION, reason);
        }
        if self.up.swap(false, Relaxed) {
            self.gauge.set(0.0);
        }
        if lock(&self.logged).add(reason) {
            tracing::warn!(kafka.client = self.client, kafka.reason = reason, "Kafka unavailable");
        }
    }

    /// Applies the statistics of the client: a silence of the brokers is an outage until the next
    /// response. Returns true if a broker is connected and not silent.
    pub fn observe(&self, statistics: &Statistics) -> bool {
        let responses = lock(&self.silence).observe(statistics);
        let was_silent = is_silent(&self.outage());
        match responses {
            Responses::Arriving if was_silent => self.set_up(),
            Responses::Overdue(waited_ms) if !was_silent => {
                let reason = silent(waited_ms.map(|waited_ms| now_ms() - waited_ms));
                // librdkafka closes the connections later, and doesn't report why.
                reason.clone_into(&mut lock(&self.last_failure));
                self.set_down(&reason);
            }
            _ => {}
        }
        let connected = statistics.brokers.values().any(|broker| broker.state == "UP");
        connected && !is_silent(&self.outage())
    }

    /// Applies a line of librdkafka's log: the only report of a new connection that times out.
    pub fn client_log(&self, facility: &str, line: &str) {
        if is_timeout(facility, line) {
            let mut last = lock(&self.last_failure);
            if !is_silent(&last) {
                *last = silent(None);
            }
        }
    }

    /// Applies an error that librdkafka reported to the client context.
    ///
    /// librdkafka repeats an error with every connection attempt, so it is logged at `debug`.
    pub fn client_error(&self, error: &KafkaError, reason: &str) {
        tracing::debug!(
            kafka.client = self.client,
            kafka.error = %error,
            kafka.reason = reason,
            "Kafka client error"
        );
        // Other errors concern one connection or request; librdkafka retries them.
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::AllBrokersDown) => self.set_down(&self.outage_reason()),
            Some(RDKafkaErrorCode::Authentication) => {
                self.set_refused(&format!("authentication failed: {reason}"));
            }
            Some(RDKafkaErrorCode::SSL) => self.set_refused(&tls_failure(reason)),
            // A broker refuses a client certificate after its own side of the handshake.
            Some(_) if reason.contains("SSL alert") => self.set_refused(&tls_failure(reason)),
            Some(_) if is_denied(error) => {}
            _ => reason.clone_into(&mut lock(&self.last_failure)),
        }
    }

    /// Records a refusal of the client's credentials, or of a broker's certificate by the client. It
    /// stays the reason of the outage that follows.
    fn set_refused(&self, reason: &str) {
        reason.clone_into(&mut lock(&self.last_failure));
        self.set_down(reason);
    }

    /// The latest failure of a connection; it is more specific than `AllBrokersDown`.
    fn outage_reason(&self) -> String {
        let last = lock(&self.last_failure);
        if last.is_empty() { CLOSED.to_owned() } else { last.clone() }
    }
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: RDKafkaErrorCode) -> KafkaError {
        KafkaError::Global(code)
    }

    #[test]
    fn an_outage_fails_readiness_with_the_last_connection_failure() {
        let readiness = Readiness::default();
        let state = BrokerState::new("test").with_readiness(readiness.clone());
        state.client_error(&error(RDKafkaErrorCode::BrokerTransportFailure), "refused");
        assert!(state.is_up());
        state.client_error(&error(RDKafkaErrorCode::AllBrokersDown), "1/1 brokers are down");
        assert!(!state.is_up());
        assert_eq!(readiness.reasons(), ["kafka: refused"]);
        state.set_up();
        assert!(state.is_up() && readiness.reasons().is_empty());
    }

    #[test]
    fn failed_authentication_is_an_outage() {
        let state = BrokerState::new("test");
        state.client_error(&error(RDKafkaErrorCode::Authentication), "wrong password");
        assert!(!state.is_up());
    }

    #[test]
    fn a_refusal_stays_the_reason_of_the_outage_that_follows() {
        for (code, reason) in [
            (RDKafkaErrorCode::Authentication, "authentication failed: wrong password"),
            (RDKafkaErrorCode::SSL, "TLS failed: wrong password"),
        ] {
            let readiness = Readiness::default();
            let state = BrokerState::new("test").with_readiness(readiness.clone());
            state.client_error(&error(code), "wrong password");
            state.client_error(&error(RDKafkaErrorCode::AllBrokersDown), "1/1 brokers are down");
            state.set_unresponsive("the request timed out");
            assert_eq!(
                (state.outage(), readiness.reasons()),
                (reason.to_owned(), vec![format!("kafka: {reason}")])
            );
            state.set_up();
            assert!(state.outage().is_empty() && readiness.reasons().is_empty());
        }
    }

    #[test]
    fn an_outage_without_a_failed_connection_suggests_the_protocol() {
        let readiness = Readiness::default();
        let state = BrokerState::new("test").with_readiness(readiness.clone());
        state.client_error(&error(RDKafkaErrorCode::AllBrokersDown), "1/1 brokers are down");
        state.set_unresponsive("the request timed out");
        let reasons = readiness.reasons();
        assert!(reasons[0].contains("kafka.security.protocol"), "{reasons:?}");
    }

    /// Statistics with a request in flight, at a second of their clock.
    fn statistics(second: i64, responses: u64) -> Statistics {
        let broker = rdkafka::statistics::Broker {
            state: "UP".to_owned(),
            rx: responses,
            waitresp_cnt: 1,
            rxidle: -1,
            ..Default::default()
        };
        let brokers = std::collections::HashMap::from([("b".to_owned(), broker)]);
        Statistics { ts: second * 1_000_000, brokers, ..Statistics::default() }
    }

    #[test]
    fn a_silence_is_an_outage_until_the_next_response() {
        let readiness = Readiness::default();
        let state = BrokerState::new("test").with_readiness(readiness.clone());
        assert!((0..=8).all(|second| state.observe(&statistics(second, 1))));
        assert!(!state.observe(&statistics(9, 1)) && !state.is_up());
        // librdkafka closes the connection after a minute. The reason stays.
        state.client_error(&error(RDKafkaErrorCode::AllBrokersDown), "1/1 brokers are down");
        state.client_log("FAIL", "ApiVersionRequest failed: Local: Timed out");
        state.set_unresponsive("the request timed out");
        let reasons = readiness.reasons();
        assert!(
            reasons[0].starts_with("kafka: the brokers do not respond; the last"),
            "{reasons:?}"
        );
        assert!(state.observe(&statistics(70, 2)) && state.is_up());
        assert!(readiness.reasons().is_empty());
    }

    #[test]
    fn a_response_ends_no_other_outage() {
        let state = BrokerState::new("test");
        state.observe(&statistics(0, 1));
        state.set_down("access to topic vitals is denied");
        state.observe(&statistics(1, 2));
        assert_eq!(state.outage(), "access to topic vitals is denied");
    }

    #[test]
    fn a_new_connection_that_times_out_does_not_suggest_the_protocol() {
        let state = BrokerState::new("test");
        state.client_log("FAIL", "ApiVersionRequest failed: Local: Timed out");
        state.client_error(&error(RDKafkaErrorCode::AllBrokersDown), "1/1 brokers are down");
        assert_eq!(state.outage(), "the brokers do not respond");
    }

    #[test]
    fn a_request_without_a_response_is_the_reason_until_a_cause_is_known() {
        let state = BrokerState::new("test");
        state.set_unresponsive("the request timed out");
        assert_eq!(state.outage(), "the request timed out");
        state.client_error(&error(RDKafkaErrorCode::BrokerTransportFailure), "refused");
        state.set_unresponsive("the request timed out");
        assert_eq!(state.outage(), "refused");
        state.set_up();
        state.set_unresponsive("the request timed out");
        assert_eq!(state.outage(), "the request timed out");
    }

    #[test]
    fn a_refused_client_certificate_is_an_outage() {
        let state = BrokerState::new("test");
        let alert = "Receive failed: sslv3 alert bad certificate: SSL alert number 42";
        state.client_error(&error(RDKafkaErrorCode::BrokerTransportFailure), alert);
        assert!(!state.is_up());
        assert!(state.outage().contains("kafka.security.certificate_file"), "{}", state.outage());
    }

    #[test]
    fn a_denied_group_is_no_failed_connection() {
        let state = BrokerState::new("test");
        let denied = error(RDKafkaErrorCode::GroupAuthorizationFailed);
        state.client_error(&denied, "FindCoordinator response error");
        assert!(state.is_up());
        state.set_unresponsive("the request timed out");
        assert_eq!(state.outage(), "the request timed out");
    }
}
