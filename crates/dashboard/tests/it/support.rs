//! A running dashboard, and a producer for it.

use std::{future::Future, net::SocketAddr, time::Duration};

use rdkafka::{
    ClientConfig,
    mocking::MockCluster,
    producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer as _},
};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{clock::now_ms, config::Settings};
use vitals_lake::schema::Table;

use crate::event_reader::EventReader;

pub(crate) const TOPIC: &str = "vitals";

/// Upper bound on every wait.
const TIMEOUT: Duration = Duration::from_secs(20);

pub(crate) type Broker = MockCluster<'static, DefaultProducerContext>;

/// A broker with the topic.
pub(crate) fn broker() -> Broker {
    let broker = MockCluster::new(1).unwrap();
    broker.create_topic(TOPIC, 3, 1).unwrap();
    broker
}

/// A dashboard on a free port, with an empty lake.
pub(crate) struct Dashboard {
    pub(crate) address: SocketAddr,
    pub(crate) client: Client,
    pub(crate) lake: TempDir,
    shutdown: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Dashboard {
    /// Starts a dashboard on `broker` and waits until it is ready.
    pub(crate) async fn start(broker: &Broker) -> Self {
        let dashboard = Self::start_with(&broker.bootstrap_servers(), |_| {}).await;
        dashboard.wait_ready().await;
        dashboard
    }

    /// Starts a dashboard with changed settings, without waiting for readiness.
    pub(crate) async fn start_with(brokers: &str, change: impl FnOnce(&mut Settings)) -> Self {
        let lake = tempfile::tempdir().unwrap();
        let mut settings = Settings::default();
        brokers.clone_into(&mut settings.kafka.bootstrap_servers);
        settings.kafka.request_timeout_ms = 1_000;
        settings.lake.url = lake.path().display().to_string();
        settings.dashboard.tick_ms = 50;
        settings.dashboard.heartbeat_ms = 200;
        // No server listens on this port.
        settings.dashboard.model_server_url = "http://127.0.0.1:9".to_owned();
        settings.dashboard.request_timeout_ms = 5_000;
        // The tests of the activity log enable it.
        settings.dashboard.activity.enabled = false;
        change(&mut settings);
        settings.validate().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(dashboard::run(settings, listener, shutdown.clone()));
        Self { address, client: Client::new(), lake, shutdown, task }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        self.get(path).await.json().await.unwrap()
    }

    /// Opens an event stream.
    pub(crate) async fn watch(&self, query: &str) -> EventReader {
        EventReader::new(self.get(&format!("/api/live{query}")).await)
    }

    pub(crate) async fn wait_ready(&self) {
        let ready = async || self.get("/ready").await.status() == 200;
        wait_until("the dashboard is ready", ready).await;
    }

    /// Expects the problem document of a query with these invalid fields.
    pub(crate) async fn expect_invalid(&self, path: &str, fields: &str) {
        let response = self.get(path).await;
        assert_eq!(response.status(), 422, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
        let problem: Value = response.json().await.unwrap();
        let errors = problem["errors"].as_array().unwrap();
        let named: Vec<_> = errors.iter().map(|error| error["field"].as_str().unwrap()).collect();
        assert_eq!(named.join(","), fields, "{path}: {problem}");
    }

    /// Overwrites every file of valid rows of a table in the lake.
    pub(crate) fn damage(&self, table: &Table) {
        let rows = self.lake.path().join(table.name).join("rejected=false");
        for entry in std::fs::read_dir(rows).unwrap() {
            std::fs::write(entry.unwrap().path(), "broken").unwrap();
        }
    }

    /// Starts the shutdown.
    pub(crate) fn cancel(&self) {
        self.shutdown.cancel();
    }

    /// Shuts the dashboard down and expects success.
    pub(crate) async fn stop(mut self) {
        self.shutdown.cancel();
        tokio::time::timeout(TIMEOUT, &mut self.task).await.unwrap().unwrap().unwrap();
    }
}

/// Shuts down after a failed test, too, so that it does not wait for the service's threads.
impl Drop for Dashboard {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Waits until `condition` holds.
pub(crate) async fn wait_until<F: Future<Output = bool>>(
    what: &str,
    mut condition: impl FnMut() -> F,
) {
    let deadline = Instant::now() + TIMEOUT;
    while !condition().await {
        assert!(Instant::now() < deadline, "timed out waiting until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Produces readings and malformed messages.
pub(crate) struct Producer(BaseProducer);

impl Producer {
    pub(crate) fn new(broker: &Broker) -> Self {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", broker.bootstrap_servers()).set("linger.ms", "0");
        Self(config.create().unwrap())
    }

    /// Sends `message` unchanged.
    pub(crate) fn send(&self, key: &str, message: &str) {
        self.send_to(TOPIC, key, Some(message));
    }

    /// Sends a message whose Kafka timestamp is `time_ms`.
    pub(crate) fn send_at(&self, time_ms: i64, key: &str, message: &str) {
        self.0.send(BaseRecord::to(TOPIC).key(key).payload(message).timestamp(time_ms)).unwrap();
    }

    /// Sends a message to `topic`; `None` is a tombstone.
    pub(crate) fn send_to(&self, topic: &str, key: &str, message: Option<&str>) {
        let record = || {
            let record = BaseRecord::to(topic).key(key);
            match message {
                Some(message) => record.payload(message),
                None => record,
            }
        };
        while self.0.send(record()).is_err() {
            self.0.poll(Duration::from_millis(10));
        }
    }

    /// Sends a current reading with `fields`.
    pub(crate) fn read(&self, id: &str, fields: &Value) {
        let mut reading = json!({"patient_id": id, "timestamp": now_ms()});
        let object = reading.as_object_mut().unwrap();
        object.extend(fields.as_object().unwrap().clone());
        self.send(id, &reading.to_string());
    }

    pub(crate) fn flush(&self) {
        self.0.flush(TIMEOUT).unwrap();
    }
}
