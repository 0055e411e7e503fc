//! The secured Kafka of the test, and the services that use it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use reqwest::Client;
use serde_json::Value;
use xtask::scrape::Scrape;
use xtask::services::ports::free_ports;
use xtask::services::security::Security;
use xtask::services::{Lifetime, Ports, Services, kafka};
use xtask::{audit, http, paths};

use crate::support::cluster::empty_folder;
use crate::support::process::Process;
use crate::support::{seconds, wait_until};

const PREDICTION: &str = r#"{"pregnancies": 2, "glucose": 148, "blood_pressure": 72,
    "skin_thickness": 35, "insulin": 100, "bmi": 33.6, "diabetes_pedigree_function": 0.6, "age": 50}"#;

pub(super) type Settings = Vec<(&'static str, String)>;

/// A secured Kafka.
pub(super) struct Secured {
    pub(super) dir: PathBuf,
    services: Services,
    client: Client,
}

impl Secured {
    pub(super) async fn start() -> Self {
        let dir = empty_folder("secure_kafka");
        Security::create(&dir).unwrap();
        let ports = Ports::free().unwrap();
        let services =
            Services::start_kafka(&dir, ports, Lifetime::Bound, &kafka::TOPICS).await.unwrap();
        Self { dir, services, client: http::client().unwrap() }
    }

    /// Settings with a valid password.
    pub(super) fn with_password(&self) -> Settings {
        self.services.security().unwrap().password_settings(self.services.ports())
    }

    /// Settings with a valid client certificate.
    pub(super) fn with_certificate(&self) -> Settings {
        self.services.security().unwrap().certificate_settings(self.services.ports())
    }

    /// The environment variables of a service with `settings`, a spool folder of its own and the
    /// common lake.
    fn variables(&self, name: &str, settings: &Settings) -> Vec<(String, String)> {
        let own = [
            ("LAKE__URL", self.dir.join("lake").display().to_string()),
            ("CONSUMER__SPOOL__FOLDER", self.dir.join("spool").join(name).display().to_string()),
        ];
        let all = own.into_iter().chain(settings.iter().cloned());
        all.map(|(key, value)| (format!("VITALS__{key}"), value)).collect()
    }

    /// Starts `service` on a free port. Returns it with its address.
    pub(super) fn spawn(
        &self,
        service: &str,
        name: &str,
        settings: &Settings,
    ) -> (Process, String) {
        let [port] = free_ports().unwrap();
        let address = format!("127.0.0.1:{port}");
        let section = service.replace('-', "_").to_uppercase();
        let mut all = self.variables(name, settings);
        all.push((format!("VITALS__{section}__LISTEN"), address.clone()));
        let log = format!("{service}.{name}");
        let process = Process::start(&self.dir, &log, &paths::binary(service), &[], &all);
        (process, address)
    }

    /// Starts every service and waits until it works. Readings are sent in batches that are
    /// compressed with `codec`.
    pub(super) async fn expect_work(&self, name: &str, settings: &Settings, codec: &str) {
        let mut settings = settings.clone();
        settings.push(("PRODUCER__COMPRESSION", codec.to_owned()));
        let services = ["producer", "consumer", "dashboard", "model-server"];
        let running = services.map(|service| self.spawn(service, name, &settings));
        for ((_, address), service) in running.iter().zip(services) {
            wait_until(&format!("{service} is ready ({name})"), seconds(120), async || {
                self.body(address, "/ready").await.contains("\"status\":\"ready\"")
            })
            .await;
        }
        self.wait_sent(&running[0].1).await;
        let (_, model_server) = &running[3];
        let url = format!("http://{model_server}/predict");
        let request = self.client.post(url).header("content-type", "application/json");
        let response = request.body(PREDICTION).send().await.unwrap();
        assert!(response.status().is_success(), "{:?}", response.text().await);
        wait_until("the prediction is delivered", seconds(60), async || {
            self.body(model_server, "/health").await.contains("\"delivered\":1")
        })
        .await;
        for (process, _) in running {
            process.crash().await;
        }
    }

    /// Archives what all producers have sent so far, and the readings of one more, in batches that are
    /// compressed with `codec`; the archive's audit compares every row with its message in Kafka.
    pub(super) async fn expect_complete_archive(&self, settings: &Settings, codec: &str) {
        let mut settings = settings.clone();
        settings.push(("PRODUCER__COMPRESSION", codec.to_owned()));
        let (consumer, _) = self.spawn("consumer", "archive", &settings);
        let (producer, address) = self.spawn("producer", "archive", &settings);
        self.wait_sent(&address).await;
        producer.stop().await;
        let mut report = Value::Null;
        wait_until("every message is archived once", seconds(120), async || {
            let mut consumer = Command::new(paths::binary("consumer"));
            consumer.current_dir(paths::root()).envs(self.variables("audit", &settings));
            // An error is a table that does not exist yet, or a finding.
            report = audit::run(&mut consumer, &["--kafka", "--strict"]).unwrap_or_default();
            let partitions = report["kafka"].as_array().map_or(&[][..], Vec::as_slice);
            !partitions.is_empty() && partitions.iter().all(|it| it["behind"] == 0)
        })
        .await;
        let partitions = report["kafka"].as_array().unwrap();
        let compared = partitions.iter().filter_map(|it| it["again"]["messages"].as_i64());
        assert!(compared.sum::<i64>() > 0, "{report}");
        consumer.stop().await;
    }

    /// Waits until a producer's readings are acknowledged.
    async fn wait_sent(&self, address: &str) {
        wait_until("readings are acknowledged", seconds(60), async || {
            let scrape = Scrape::of(&self.client, address).await;
            let sent = scrape.ok().and_then(|it| it.sum("vitals_producer_delivered_total", ""));
            sent.is_some_and(|sent| sent > 0.0)
        })
        .await;
    }

    /// The body of a response, whatever its status; empty without a response.
    pub(super) async fn body(&self, address: &str, path: &str) -> String {
        let url = format!("http://{address}{path}");
        let Ok(response) = self.client.get(url).timeout(Duration::from_secs(5)).send().await else {
            return String::new();
        };
        response.text().await.unwrap_or_default()
    }
}
