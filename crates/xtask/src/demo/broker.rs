//! The broker of the demo: librdkafka's built-in broker, inside this process. It speaks the real
//! protocol and keeps a few MiB per partition in memory: nothing to install, nothing to clean up.

use anyhow::{Context, Result};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

const TOPICS: [(&str, i32); 9] = [
    ("vitals", 4),
    ("vitals.rejected", 1),
    ("predictions", 2),
    ("patient-context", 1),
    ("alerts", 2),
    ("patient-status", 2),
    ("ward-actions", 1),
    ("model-events", 1),
    ("audit", 1),
];

/// A broker that ends when this value is dropped.
pub(crate) struct Broker {
    cluster: MockCluster<'static, DefaultProducerContext>,
}

impl Broker {
    /// Starts it on a free port of 127.0.0.1 and creates the topics. Clients can't: the broker lacks the
    /// request, and a topic created by a metadata request has another number of partitions.
    pub(crate) fn start() -> Result<Self> {
        let cluster = MockCluster::new(1).context("starting the built-in broker")?;
        for (topic, partitions) in TOPICS {
            cluster
                .create_topic(topic, partitions, 1)
                .with_context(|| format!("creating topic {topic} on the built-in broker"))?;
        }
        Ok(Self { cluster })
    }

    pub(crate) fn bootstrap_servers(&self) -> String {
        self.cluster.bootstrap_servers()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::config::ClientConfig;
    use rdkafka::consumer::{BaseConsumer, Consumer};
    use std::time::Duration;

    #[test]
    fn it_has_the_topics() {
        let broker = Broker::start().unwrap();
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", broker.bootstrap_servers());
        let client: BaseConsumer = config.create().unwrap();
        for (topic, partitions) in TOPICS {
            let metadata = client.fetch_metadata(Some(topic), Duration::from_secs(10)).unwrap();
            let found = metadata.topics()[0].partitions().len();
            assert_eq!(i32::try_from(found).unwrap(), partitions, "{topic}");
        }
    }
}
