//! Builds, starts and stops the demo.

use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use reqwest::Client;

use super::broker::Broker;
use super::layout::{self, Addresses};
use super::service::{self, Service};
use crate::terminal::Colour;
use crate::{command, http, paths, say, ui};

const SERVICES: [&str; 4] = ["producer", "consumer", "model-server", "dashboard"];
const READY_TIMEOUT: Duration = Duration::from_secs(60);

/// Parameters of a demo.
#[derive(Clone, Copy, Debug)]
pub struct DemoOptions {
    /// Simulated patients.
    pub patients: u32,
    /// True if every service listens on a free port instead of its default one.
    pub free_ports: bool,
}

/// A running demo.
pub struct Demo {
    // Declared first and therefore dropped first: no service must outlive the broker.
    services: Vec<Service>,
    pub(super) addresses: Addresses,
    folder: PathBuf,
    _broker: Broker,
}

/// Builds the page and the four binaries.
///
/// # Errors
/// Returns an error if a tool is missing or a build fails.
pub fn build() -> Result<()> {
    ui::build()?;
    let mut args = vec!["build"];
    for service in SERVICES {
        args.extend(["--package", service]);
    }
    command::run(&mut command::cargo(&args))
}

/// Trains a model and releases it unless the registry has an active one.
///
/// # Errors
/// Returns an error if the training or the release fails.
pub fn ensure_model() -> Result<()> {
    let models = paths::root().join("models");
    // The registry's pointer to the active model, written last when a model is saved.
    if models.join("active.json").is_file() {
        return Ok(());
    }
    say!("training a model: none in {}", models.display());
    let program = paths::binary("model-server");
    let report = command::output(&mut command::program(&program, &paths::root(), &["train"]))?;
    let line = report.lines().find_map(|line| line.strip_prefix("candidate "));
    let (candidate, _) =
        line.and_then(|line| line.split_once(':')).context("train names no candidate")?;
    let mut args = vec!["release", "--model", candidate, "--reports", "target/releases"];
    args.extend(["--approver", "xtask", "--why", "no model was active"]);
    command::run(&mut command::program(program, &paths::root(), &args))
}

impl Demo {
    /// Starts the broker and the services, and waits until every service is ready.
    ///
    /// # Errors
    /// Returns an error if a binary is missing, a service ends, or it isn't ready within a minute.
    pub async fn start(options: DemoOptions) -> Result<Self> {
        if let Some(name) = service::not_built(&SERVICES) {
            bail!("{} is not built: omit --no-build", paths::binary(name).display());
        }
        let broker = Broker::start()?;
        let folder = layout::create_folder(&paths::target().join("demo"))?;
        let addresses = Addresses::choose(options.free_ports)?;
        let settings =
            layout::settings(&addresses, &broker.bootstrap_servers(), &folder.join("lake"));
        let patients = options.patients.to_string();
        let simulate = ["simulate", "--patients", &patients];
        // Readers start before the writer.
        let services = vec![
            Service::start("model-server", Colour::Magenta, &["serve"], &settings)?,
            Service::start("dashboard", Colour::Cyan, &[], &settings)?,
            Service::start("consumer", Colour::Green, &[], &settings)?,
            Service::start("producer", Colour::Yellow, &simulate, &settings)?,
        ];
        // Constructed before waiting, so that a failure drops and thereby ends the services.
        let mut demo = Self { services, addresses, folder, _broker: broker };
        demo.wait_ready().await?;
        Ok(demo)
    }

    /// URL of the dashboard, for the browser.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.addresses.dashboard)
    }

    /// Base URL of the model server, without a trailing slash.
    #[must_use]
    pub fn model_server(&self) -> String {
        format!("http://{}", self.addresses.model_server)
    }

    /// Folder of this run's lake.
    #[must_use]
    pub fn lake(&self) -> PathBuf {
        self.folder.join("lake")
    }

    /// Waits until one of the services ends, which is an error.
    pub async fn service_ended(&mut self) -> (&'static str, Result<ExitStatus>) {
        loop {
            for service in &mut self.services {
                // Polled in turn: a wait for one service is cancelled to check the next.
                let wait = Duration::from_millis(50);
                if let Ok(status) = tokio::time::timeout(wait, service.ended()).await {
                    return (service.name, status);
                }
            }
        }
    }

    /// Stops the producer first, then the services that process its readings.
    pub async fn stop(mut self) {
        while let Some(service) = self.services.pop() {
            service.stop().await;
        }
    }

    async fn wait_ready(&mut self) -> Result<()> {
        let client = http::client()?;
        let start = Instant::now();
        for (name, address) in self.addresses.clone().all() {
            let url = format!("http://{address}/ready");
            loop {
                // A service that has ended will never be ready.
                for service in &mut self.services {
                    if let Some(status) = service.status() {
                        bail!("{} ended during startup ({status})", service.name);
                    }
                }
                let Err(error) = ready(&client, &url).await else {
                    break;
                };
                if start.elapsed() > READY_TIMEOUT {
                    return Err(error.context(format!(
                        "{name} is not ready after {} s",
                        READY_TIMEOUT.as_secs()
                    )));
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
        Ok(())
    }
}

/// Requests the readiness of a service; the error contains the conditions that are not met.
async fn ready(client: &Client, url: &str) -> Result<()> {
    let response = client.get(url).timeout(Duration::from_secs(5)).send().await?;
    if response.status().is_success() {
        return Ok(());
    }
    let status = response.status();
    bail!("{url} returned {status}: {}", response.text().await.context(status)?)
}
