//! Model events: the ledger, published on its topic.

use std::time::{Duration, Instant};

use model_server::registry::Registry;
use rdkafka::{
    ClientConfig, Message as _,
    consumer::{BaseConsumer, Consumer as _},
    mocking::MockCluster,
    producer::DefaultProducerContext,
};
use vitals_core::{domain::model_event::ModelEvent, runtime::config::Settings};

use crate::{
    activation::{author, ids},
    client::{Server, copy, settings, workspace},
};

#[tokio::test(flavor = "multi_thread")]
async fn every_step_is_published_once_across_restarts_and_again_to_a_new_cluster() {
    let folder = tempfile::tempdir().unwrap();
    copy(&workspace("models"), folder.path());
    let registry = Registry::new(folder.path());
    let mut settings = settings();
    settings.model_server.models_dir = folder.path().display().to_string();
    settings.model_server.poll_interval_ms = 100;
    settings.model_server.log.enabled = true;
    settings.model_server.log.drain_timeout_ms = 500;

    // Each server publishes what was recorded since the one before it.
    let cluster = event_cluster();
    settings.kafka.bootstrap_servers = cluster.bootstrap_servers();
    for id in ids(folder.path()).iter().take(2) {
        registry.release(id, &author()).unwrap();
        serve_until_published(&settings, &registry).await;
    }
    let expected = registry.events().unwrap();
    assert_eq!(published_events(&cluster, 2).await, expected);
    // The events of an earlier cluster are not those of this one.
    let cluster = event_cluster();
    settings.kafka.bootstrap_servers = cluster.bootstrap_servers();
    serve_until_published(&settings, &registry).await;
    assert_eq!(published_events(&cluster, 2).await, expected);
}

fn event_cluster() -> MockCluster<'static, DefaultProducerContext> {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("model-events", 1, 1).unwrap();
    cluster
}

/// Runs a server until it has noted that the whole ledger is published.
async fn serve_until_published(settings: &Settings, registry: &Registry) {
    let published = registry.root().join(".events.published");
    let before = std::fs::read_to_string(&published).unwrap_or_default();
    let suffix = format!(" {}\n", registry.events().unwrap().len());
    let server = Server::start_with(settings.clone()).await;
    let started = Instant::now();
    loop {
        let noted = std::fs::read_to_string(&published).unwrap_or_default();
        if noted != before && noted.ends_with(&suffix) {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(120), "noted {noted:?}, not {suffix:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.stop().await;
}

/// The events on the topic, whose keys are their ids.
async fn published_events(
    cluster: &MockCluster<'static, DefaultProducerContext>,
    count: usize,
) -> Vec<ModelEvent> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap_servers())
        .set("group.id", "test")
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    consumer.subscribe(&["model-events"]).unwrap();
    let messages = tokio::task::spawn_blocking(move || read_all(&consumer, count)).await.unwrap();
    let events: Vec<ModelEvent> =
        messages.iter().map(|(_, value)| serde_json::from_str(value).unwrap()).collect();
    assert!(events.iter().zip(&messages).all(|(event, (key, _))| event.event_id == *key));
    events
}

/// Keys and values of a topic with `count` messages, and of any further one.
fn read_all(consumer: &BaseConsumer, count: usize) -> Vec<(String, String)> {
    let started = Instant::now();
    let mut found = Vec::new();
    loop {
        assert!(started.elapsed() < Duration::from_secs(60), "{} messages", found.len());
        match consumer.poll(Duration::from_millis(500)) {
            Some(message) => {
                let message = message.unwrap();
                let text =
                    |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap()).into_owned();
                found.push((text(message.key()), text(message.payload())));
            }
            None if found.len() >= count => return found,
            None => {}
        }
    }
}
