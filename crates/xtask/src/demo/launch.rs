//! Starts and stops the demonstration.

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
const READY_WITHIN: Duration = Duration::from_secs(60);

/// What is shown.
#[derive(Clone, Copy, Debug)]
pub struct DemoOptions {
    /// Simulated patients.
    pub patients: u32,
    /// Whether every service listens on a port that nothing else uses, not on its usual one.
    pub any_ports: bool,
}

/// The running demonstration.
pub struct Demo {
    // Declared first, dropped first: nobody shall miss the broker.
    services: Vec<Service>,
    pub(super) addresses: Addresses,
    folder: PathBuf,
    _broker: Broker,
}

/// Builds the page and the four binaries.
///
/// # Errors
/// When a tool is missing or a build fails.
pub fn build() -> Result<()> {
    ui::build()?;
    let mut args = vec!["build"];
    for service in SERVICES {
        args.extend(["--package", service]);
    }
    command::run(&mut command::cargo(&args))
}

/// Trains and saves a model unless there is one.
///
/// # Errors
/// When the training fails.
pub fn ensure_model() -> Result<()> {
    let models = paths::root().join("models");
    // The registry's pointer to the model that is served, written last when one is saved.
    if models.join("active.json").is_file() {
        return Ok(());
    }
    say!("no saved model in {}: training one", models.display());
    let train = &["train"];
    command::run(&mut command::program(paths::binary("model-server"), &paths::root(), train))
}

impl Demo {
    /// Starts everything and waits until every service is ready.
    ///
    /// # Errors
    /// When a binary is missing, a service ends, or it isn't ready within a minute.
    pub async fn start(options: DemoOptions) -> Result<Self> {
        if let Some(name) = service::missing(&SERVICES) {
            bail!("{} is not built: leave --no-build out", paths::binary(name).display());
        }
        let broker = Broker::start()?;
        let folder = layout::fresh_folder(&paths::target().join("demo"))?;
        let addresses = Addresses::choose(options.any_ports)?;
        let settings =
            layout::settings(&addresses, &broker.bootstrap_servers(), &folder.join("lake"));
        let start = |name, colour, args: &[&str]| {
            let args: Vec<_> = args.iter().map(|&arg| arg.to_owned()).collect();
            Service::start(name, colour, &args, &settings)
        };
        let patients = options.patients.to_string();
        // Those that read come first, the one that writes comes last.
        let services = vec![
            start("model-server", Colour::Magenta, &["serve"])?,
            start("dashboard", Colour::Cyan, &[])?,
            start("consumer", Colour::Green, &[])?,
            start("producer", Colour::Yellow, &["simulate", "--patients", &patients])?,
        ];
        let mut demo = Self { services, addresses, folder, _broker: broker };
        demo.wait_ready().await?;
        Ok(demo)
    }

    /// The one address for the browser.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.addresses.dashboard)
    }

    /// Where the model server answers, without a slash at its end.
    #[must_use]
    pub fn model_server(&self) -> String {
        format!("http://{}", self.addresses.model_server)
    }

    /// Where the lake of this run is.
    #[must_use]
    pub fn lake(&self) -> PathBuf {
        self.folder.join("lake")
    }

    /// Waits until one of the services ends, which none should.
    pub async fn one_ended(&mut self) -> (&'static str, Result<ExitStatus>) {
        loop {
            for service in &mut self.services {
                let wait = Duration::from_millis(50);
                if let Ok(status) = tokio::time::timeout(wait, service.ended()).await {
                    return (service.name, status);
                }
            }
        }
    }

    /// Stops the source first, then those that handle what it sent.
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
                for service in &mut self.services {
                    if let Some(status) = service.status() {
                        bail!("{} ended while it was starting ({status})", service.name);
                    }
                }
                let Err(error) = ready(&client, &url).await else {
                    break;
                };
                if start.elapsed() > READY_WITHIN {
                    return Err(error.context(format!(
                        "{name} is not ready after {} s",
                        READY_WITHIN.as_secs()
                    )));
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
        Ok(())
    }
}

/// Asks a service once; the error says what it is waiting for.
async fn ready(client: &Client, url: &str) -> Result<()> {
    let response = client.get(url).timeout(Duration::from_secs(5)).send().await?;
    if response.status().is_success() {
        return Ok(());
    }
    let status = response.status();
    bail!("{url} answers {status}: {}", response.text().await.context(status)?)
}
