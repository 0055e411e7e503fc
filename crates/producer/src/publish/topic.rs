//! The topic is there before anything is sent.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, anyhow};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    config::FromClientConfigAndContext as _,
    error::{KafkaError, RDKafkaErrorCode},
};
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{config::KafkaSettings, kafka::partitions};

use super::callbacks::ProducerCallbacks;

/// First and longest pause between two attempts.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// Longest time that one question takes, so that readiness soon says what is wrong.
const ATTEMPT: Duration = Duration::from_secs(3);

/// The topic of readings.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) name: String,
    partitions: i32,
    timeout: Duration,
    servers: String,
}

type Admin = AdminClient<ProducerCallbacks>;

/// Why the topic can't be used.
#[derive(Debug)]
enum Obstacle {
    /// It may go away: the broker is not there yet.
    Passing(KafkaError),
    /// Somebody has to do something.
    Lasting(anyhow::Error),
}

impl Topic {
    /// The topic of the settings, with the number of `partitions` that it is created with.
    pub(super) fn new(settings: &KafkaSettings, partitions: i32) -> Self {
        Self {
            name: settings.topics.vitals.clone(),
            partitions,
            timeout: Duration::from_millis(settings.request_timeout_ms.into()).min(ATTEMPT),
            servers: settings.bootstrap_servers.clone(),
        }
    }

    /// Waits for the broker, and creates the topic when it has none. False when `stop` came
    /// first.
    pub(super) async fn ensure(
        &self,
        client: &ClientConfig,
        callbacks: &ProducerCallbacks,
        stop: &CancellationToken,
    ) -> anyhow::Result<bool> {
        let admin = Admin::from_config_and_context(client, callbacks.clone())
            .context("can't set up the Kafka client")?;
        let admin = Arc::new(admin);
        let mut pause = PAUSE.0;
        loop {
            let outcome = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(false),
                outcome = self.attempt(&admin) => outcome,
            };
            match outcome {
                Ok(()) => break,
                Err(Obstacle::Lasting(error)) => return Err(error),
                Err(Obstacle::Passing(error)) => self.wait_for(&error, callbacks),
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(false),
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(PAUSE.1),
            }
        }
        callbacks.is_up();
        Ok(true)
    }

    fn wait_for(&self, error: &KafkaError, callbacks: &ProducerCallbacks) {
        callbacks.is_down(&format!("no answer from {}: {error}", self.servers));
    }

    async fn attempt(&self, admin: &Arc<Admin>) -> Result<(), Obstacle> {
        if !self.exists(admin).await? {
            self.create(admin).await?;
        }
        Ok(())
    }

    /// Asks for all topics: asking for one would have many brokers create it, with a number of
    /// partitions of their own.
    async fn exists(&self, admin: &Arc<Admin>) -> Result<bool, Obstacle> {
        let (admin, timeout, name) = (Arc::clone(admin), self.timeout, self.name.clone());
        blocking(move || {
            let metadata = admin.inner().fetch_metadata(None, timeout)?;
            Ok(metadata.topics().iter().any(|topic| topic.name() == name))
        })
        .await
    }

    async fn create(&self, admin: &Arc<Admin>) -> Result<(), Obstacle> {
        // -1: as many copies as the broker thinks fit.
        let topic = NewTopic::new(&self.name, self.partitions, TopicReplication::Fixed(-1));
        let options = AdminOptions::new().request_timeout(Some(self.timeout));
        let created = match admin.create_topics([&topic], &options).await {
            Ok(topics) => {
                topics.into_iter().find_map(Result::err).map_or(Ok(()), |(_, code)| Err(code))
            }
            Err(KafkaError::AdminOp(code)) => Err(code),
            Err(error) => return Err(Obstacle::Passing(error)),
        };
        match created {
            Ok(()) => tracing::info!(
                kafka.topic = self.name,
                partitions = self.partitions,
                "topic created"
            ),
            // Another producer was faster.
            Err(RDKafkaErrorCode::TopicAlreadyExists) => {}
            // A broker without this request, or without a controller to send it to, may create
            // topics that are asked for: librdkafka's built-in broker is one.
            Err(RDKafkaErrorCode::UnsupportedFeature | RDKafkaErrorCode::OperationTimedOut) => {}
            Err(code) => return Err(self.refused(code)),
        }
        self.is_known(admin).await
    }

    /// Waits until the broker that answers knows the topic.
    async fn is_known(&self, admin: &Arc<Admin>) -> Result<(), Obstacle> {
        let (admin, timeout, name) = (Arc::clone(admin), self.timeout, self.name.clone());
        blocking(move || partitions(admin.inner(), &name, timeout).map(|_| ())).await
    }

    fn refused(&self, code: RDKafkaErrorCode) -> Obstacle {
        match code {
            RDKafkaErrorCode::RequestTimedOut
            | RDKafkaErrorCode::BrokerTransportFailure
            | RDKafkaErrorCode::NotController
            | RDKafkaErrorCode::ThrottlingQuotaExceeded => {
                Obstacle::Passing(KafkaError::AdminOp(code))
            }
            _ => Obstacle::Lasting(anyhow!(
                "topic {:?} does not exist and can't be created with {} partitions: {code}",
                self.name,
                self.partitions
            )),
        }
    }
}

/// Runs a call that blocks; whatever goes wrong may pass.
async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, KafkaError> + Send + 'static,
) -> Result<T, Obstacle> {
    match tokio::task::spawn_blocking(call).await {
        Ok(outcome) => outcome.map_err(Obstacle::Passing),
        Err(error) => Err(Obstacle::Lasting(anyhow::Error::new(error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let topic = Topic::new(&KafkaSettings::default(), 6);
        let lasting = topic.refused(RDKafkaErrorCode::TopicAuthorizationFailed);
        let Obstacle::Lasting(error) = lasting else { panic!("{lasting:?}") };
        let text = error.to_string();
        assert!(text.contains("\"vitals\"") && text.contains("6 partitions"), "{text}");
        let passing = topic.refused(RDKafkaErrorCode::NotController);
        assert!(matches!(passing, Obstacle::Passing(_)), "{passing:?}");
    }
}
