//! Waits for the broker and creates the topic.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, anyhow};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    config::FromClientConfigAndContext as _,
    error::{KafkaError, RDKafkaErrorCode},
};
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{
    config::KafkaSettings,
    kafka::{ProducerCallbacks, is_denied, partitions, topic_exists},
};

use crate::context::CONTEXT_PROPERTIES;

/// Backoff after the first failed attempt.
const INITIAL_BACKOFF: Duration = Duration::from_millis(100);
/// Maximum backoff between two attempts.
const MAX_BACKOFF: Duration = Duration::from_secs(2);
/// Maximum timeout of one request, so that readiness reports the cause soon.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(3);

/// The property with which the broker sets the time of a message.
const ARRIVAL: (&str, &str) = ("message.timestamp.type", "LogAppendTime");

/// A topic, and the parameters for its creation.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) name: String,
    partitions: i32,
    /// Properties with their values.
    properties: Vec<(&'static str, &'static str)>,
    timeout: Duration,
    servers: String,
}

type Admin = AdminClient<ProducerCallbacks>;

/// An error of an attempt.
#[derive(Debug)]
enum AttemptError {
    /// Worth a retry: the broker is not reachable yet, or an ACL denies access.
    Transient(KafkaError),
    /// Needs an operator.
    Permanent(anyhow::Error),
}

impl Topic {
    /// The topic of readings, to be created with `partitions` partitions. Arrival is the broker's
    /// time: senders' clocks can be wrong.
    pub(super) fn vitals(settings: &KafkaSettings, partitions: i32) -> Self {
        Self::new(settings, &settings.topics.vitals, partitions, vec![ARRIVAL])
    }

    /// The topic of contexts. They are few.
    pub(super) fn patient_context(settings: &KafkaSettings) -> Self {
        Self::new(settings, &settings.topics.patient_context, 1, CONTEXT_PROPERTIES.to_vec())
    }

    /// The topic of ground truth, which has a message for each episode.
    pub(super) fn simulation_truth(settings: &KafkaSettings) -> Self {
        let properties = vec![("cleanup.policy", "delete")];
        Self::new(settings, &settings.topics.simulation_truth, 1, properties)
    }

    fn new(
        settings: &KafkaSettings,
        name: &str,
        partitions: i32,
        properties: Vec<(&'static str, &'static str)>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            partitions,
            properties,
            timeout: Duration::from_millis(settings.request_timeout_ms.into()).min(REQUEST_TIMEOUT),
            servers: settings.bootstrap_servers.clone(),
        }
    }

    /// Waits for the broker and creates the topic if it is missing. Returns false if `stop` came
    /// first.
    pub(super) async fn ensure(
        &self,
        client: &ClientConfig,
        callbacks: &ProducerCallbacks,
        stop: &CancellationToken,
    ) -> anyhow::Result<bool> {
        let admin = Admin::from_config_and_context(client, callbacks.clone())
            .context("can't create the Kafka admin client")?;
        let admin = Arc::new(admin);
        let mut backoff = INITIAL_BACKOFF;
        loop {
            let outcome = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(false),
                outcome = self.attempt(&admin) => outcome,
            };
            // Readiness reports the cause while attempts fail.
            match outcome {
                Ok(()) => break,
                Err(AttemptError::Permanent(error)) => return Err(error),
                Err(AttemptError::Transient(error)) => self.report(&error, callbacks),
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(false),
                () = tokio::time::sleep(backoff) => backoff = (backoff * 2).min(MAX_BACKOFF),
            }
        }
        Ok(true)
    }

    fn report(&self, error: &KafkaError, callbacks: &ProducerCallbacks) {
        let broker = callbacks.broker();
        // Access can only be granted by an operator; anything else may pass.
        if is_denied(error) {
            broker.set_down(&format!("access to topic {} is denied", self.name));
        } else {
            broker.set_unresponsive(&format!("no answer from {}: {error}", self.servers));
        }
    }

    async fn attempt(&self, admin: &Arc<Admin>) -> Result<(), AttemptError> {
        if !self.exists(admin).await? {
            self.create(admin).await?;
        }
        Ok(())
    }

    async fn exists(&self, admin: &Arc<Admin>) -> Result<bool, AttemptError> {
        let admin = Arc::clone(admin);
        let timeout = self.timeout;
        let name = self.name.clone();
        blocking(move || topic_exists(admin.inner(), &name, timeout)).await
    }

    async fn create(&self, admin: &Arc<Admin>) -> Result<(), AttemptError> {
        // -1: the broker's default replication factor.
        let topic = NewTopic::new(&self.name, self.partitions, TopicReplication::Fixed(-1));
        let topic =
            self.properties.iter().fold(topic, |topic, (name, value)| topic.set(name, value));
        let options = AdminOptions::new().request_timeout(Some(self.timeout));
        let created = match admin.create_topics([&topic], &options).await {
            Ok(topics) => {
                topics.into_iter().find_map(Result::err).map_or(Ok(()), |(_, code)| Err(code))
            }
            Err(KafkaError::AdminOp(code)) => Err(code),
            Err(error) => return Err(AttemptError::Transient(error)),
        };
        match created {
            Ok(()) => tracing::info!(
                kafka.topic = self.name,
                kafka.partitions = self.partitions,
                "created the topic"
            ),
            // Another producer created it first.
            Err(RDKafkaErrorCode::TopicAlreadyExists) => {}
            // A broker that lacks this request, or a controller to send it to, may create topics on
            // a metadata request: librdkafka's built-in broker does.
            Err(RDKafkaErrorCode::UnsupportedFeature | RDKafkaErrorCode::OperationTimedOut) => {}
            Err(code) => return Err(self.classify(code)),
        }
        self.is_known(admin).await
    }

    /// Requires that the broker we are connected to knows the topic.
    async fn is_known(&self, admin: &Arc<Admin>) -> Result<(), AttemptError> {
        let admin = Arc::clone(admin);
        let timeout = self.timeout;
        let name = self.name.clone();
        blocking(move || partitions(admin.inner(), &name, timeout).map(|_| ())).await
    }

    fn classify(&self, code: RDKafkaErrorCode) -> AttemptError {
        match code {
            RDKafkaErrorCode::RequestTimedOut
            | RDKafkaErrorCode::BrokerTransportFailure
            | RDKafkaErrorCode::NotController
            | RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::ClusterAuthorizationFailed
            | RDKafkaErrorCode::ThrottlingQuotaExceeded => {
                AttemptError::Transient(KafkaError::AdminOp(code))
            }
            _ => AttemptError::Permanent(anyhow!(
                "topic {:?} does not exist and can't be created with {} partitions: {code}",
                self.name,
                self.partitions
            )),
        }
    }
}

/// Runs a blocking call; its errors are transient.
async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, KafkaError> + Send + 'static,
) -> Result<T, AttemptError> {
    match tokio::task::spawn_blocking(call).await {
        Ok(outcome) => outcome.map_err(AttemptError::Transient),
        Err(error) => Err(AttemptError::Permanent(anyhow::Error::new(error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sender's clock that is ahead would place an admission after the readings that follow it.
    #[test]
    fn the_broker_sets_the_time_of_readings_and_contexts() {
        let settings = KafkaSettings::default();
        for topic in [Topic::vitals(&settings, 6), Topic::patient_context(&settings)] {
            assert!(topic.properties.contains(&ARRIVAL), "{topic:?}");
        }
    }

    #[test]
    fn only_transient_errors_are_retried() {
        let topic = Topic::vitals(&KafkaSettings::default(), 6);
        let permanent = topic.classify(RDKafkaErrorCode::PolicyViolation);
        let AttemptError::Permanent(error) = permanent else { panic!("{permanent:?}") };
        let text = error.to_string();
        assert!(text.contains("\"vitals\"") && text.contains("6 partitions"), "{text}");
        for code in [RDKafkaErrorCode::NotController, RDKafkaErrorCode::TopicAuthorizationFailed] {
            let transient = topic.classify(code);
            assert!(matches!(transient, AttemptError::Transient(_)), "{transient:?}");
        }
    }
}
