//! Kafka: one node that is both broker and controller (KRaft).

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::types::RDKafkaErrorCode;

use super::jars::Product;
use super::ports::Ports;
use super::security::Security;
use super::server::{Lifetime, Server};

/// Topics of the services, with their numbers of partitions.
pub const TOPICS: [(&str, i32); 10] = [
    ("vitals", 6),
    ("vitals.rejected", 1),
    ("predictions", 2),
    ("patient-context", 1),
    ("alerts", 2),
    ("patient-status", 2),
    ("ward-actions", 1),
    ("simulation-truth", 1),
    ("model-events", 1),
    ("audit", 1),
];

/// Topics of which Kafka keeps the last message of each key.
const COMPACTED: [&str; 2] = ["patient-context", "patient-status"];

/// A topic whose messages Kafka keeps for ever.
const RETAINED: &str = "model-events";

/// The bootstrap address of the broker.
#[must_use]
pub fn address(ports: &Ports) -> String {
    format!("127.0.0.1:{}", ports.kafka)
}

/// The server of the instance in `dir`.
pub(super) fn server(dir: &Path, lifetime: Lifetime) -> Server {
    Server {
        name: "kafka",
        class: "kafka.Kafka",
        dir: dir.to_path_buf(),
        heap_mib: 512,
        classpath: format!("{}/*", Product::Kafka.folder().display()),
        args: vec![config_file(dir).display().to_string()],
        lifetime,
    }
}

/// Writes the settings, and formats the storage of a new instance.
pub(super) fn prepare(server: &Server, ports: &Ports, security: Option<&Security>) -> Result<()> {
    let config = config_file(&server.dir);
    let data = server.dir.join("data/kafka");
    for folder in [config.parent().unwrap_or(&server.dir), &data] {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    }
    let secured = security.map(Security::properties).transpose()?.unwrap_or_default();
    let listeners = listeners(ports, security.is_some());
    fs::write(&config, properties(ports, &data, &listeners) + &secured)
        .with_context(|| format!("writing {}", config.display()))?;
    // Formatted before: formatting again would fail, and the topics are to be kept.
    if data.join("meta.properties").exists() {
        return Ok(());
    }
    let config = config.display().to_string();
    let cluster_id = cluster_id()?;
    let users = security.map(Security::format_arguments).transpose()?.unwrap_or_default();
    let mut args = vec!["format", "-t", &cluster_id, "-c", &config];
    args.extend(users.iter().map(String::as_str));
    server.run_tool("kafka.tools.StorageTool", &args).context("formatting Kafka's storage")
}

fn config_file(dir: &Path) -> PathBuf {
    dir.join("conf/kafka/server.properties")
}

/// A listener of the broker.
struct Listener {
    name: &'static str,
    protocol: &'static str,
    port: u16,
}

/// The listeners for clients. The first one is also the broker's own.
fn listeners(ports: &Ports, is_secured: bool) -> Vec<Listener> {
    if !is_secured {
        return vec![Listener { name: "CLIENT", protocol: "PLAINTEXT", port: ports.kafka }];
    }
    let port = ports.kafka_certificates;
    vec![
        Listener { name: "CLIENT", protocol: "SASL_SSL", port: ports.kafka },
        Listener { name: "CERTIFICATES", protocol: "SSL", port },
    ]
}

fn properties(ports: &Ports, data: &Path, listeners: &[Listener]) -> String {
    let addresses: Vec<_> =
        listeners.iter().map(|it| format!("{}://127.0.0.1:{}", it.name, it.port)).collect();
    let addresses = addresses.join(",");
    let protocols: Vec<_> =
        listeners.iter().map(|it| format!("{}:{}", it.name, it.protocol)).collect();
    let protocols = protocols.join(",");
    let controller = ports.kafka_controller;
    let data = data.display();
    // Internal topics have one replica, because there is one node. Topics are not created
    // automatically, so that a typing error in a name is noticed.
    format!(
        "process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners={addresses},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={addresses}
listener.security.protocol.map={protocols},CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENT
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
"
    )
}

/// A random cluster id in Kafka's format: 16 bytes as URL-safe Base64 without padding.
///
/// Every formatted instance has a new one, because the lake keys its Kafka positions by cluster id.
fn cluster_id() -> Result<String> {
    loop {
        let uuid =
            fs::read_to_string("/proc/sys/kernel/random/uuid").context("reading a random UUID")?;
        let id = base64url(&hex(&uuid)?);
        // The storage tool would parse a leading dash as an option.
        if !id.starts_with('-') {
            return Ok(id);
        }
    }
}

fn hex(uuid: &str) -> Result<Vec<u8>> {
    let digits: Vec<u8> = uuid.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks_exact(2)
        .map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?))
        .collect()
}

/// URL-safe Base64 without padding.
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            (0..3).fold(0_u32, |word, i| word << 8 | u32::from(chunk.get(i).copied().unwrap_or(0)));
        for i in 0..=chunk.len() {
            let index = (word >> (18 - 6 * i)) & 63;
            let _ = text.write_char(char::from(ALPHABET[index as usize]));
        }
    }
    text
}

/// Returns true if the broker responds to a metadata request.
pub(super) async fn is_ready(ports: &Ports, security: Option<&Security>) -> bool {
    let Ok(config) = client_config(&address(ports), security) else { return false };
    let request = tokio::task::spawn_blocking(move || {
        let consumer: BaseConsumer = config.create().ok()?;
        let metadata = consumer.fetch_metadata(None, Duration::from_secs(2)).ok()?;
        Some(!metadata.brokers().is_empty())
    });
    matches!(request.await, Ok(Some(true)))
}

/// Creates the missing ones of `topics` and returns their names.
///
/// # Errors
/// Returns an error if the broker rejects the request.
pub async fn create_topics(bootstrap: &str, topics: &[(&str, i32)]) -> Result<Vec<String>> {
    create_topics_as(bootstrap, None, topics).await
}

/// As [`create_topics`], on an instance that may be secured.
pub(super) async fn create_topics_as(
    bootstrap: &str,
    security: Option<&Security>,
    topics: &[(&str, i32)],
) -> Result<Vec<String>> {
    let admin: AdminClient<DefaultClientContext> = client_config(bootstrap, security)?.create()?;
    let topics = topics.iter().map(|(name, partitions)| {
        let topic = NewTopic::new(name, *partitions, TopicReplication::Fixed(1));
        match *name {
            // Kept for ever: without its start, the ledger of models is not complete.
            RETAINED => topic.set("retention.ms", "-1"),
            name if COMPACTED.contains(&name) => topic.set("cleanup.policy", "compact"),
            _ => topic,
        }
    });
    let topics: Vec<_> = topics.collect();
    let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(20)));
    let results = admin
        .create_topics(&topics, &options)
        .await
        .with_context(|| format!("creating topics on {bootstrap}"))?;
    let mut created = Vec::new();
    // Another process may have created a topic meanwhile.
    for result in results {
        match result {
            Ok(name) => created.push(name),
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => bail!("creating topic {name} on {bootstrap}: {code}"),
        }
    }
    Ok(created)
}

fn client_config(bootstrap: &str, security: Option<&Security>) -> Result<ClientConfig> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap);
    if let Some(security) = security {
        security.set_admin(&mut config)?;
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64url_matches_the_examples_of_rfc_4648() {
        assert_eq!(base64url(b""), "");
        assert_eq!(base64url(b"f"), "Zg");
        assert_eq!(base64url(b"fo"), "Zm8");
        assert_eq!(base64url(b"foobar"), "Zm9vYmFy");
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn a_cluster_id_has_22_characters_and_is_unique() {
        let first = cluster_id().unwrap();
        assert_eq!(first.len(), 22);
        assert_ne!(first, cluster_id().unwrap());
    }
}
