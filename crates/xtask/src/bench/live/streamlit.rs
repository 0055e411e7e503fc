//! The peer: the same topic in Streamlit.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::Signal;
use serde::Deserialize;

use super::feed::TOPIC;
use crate::bench::folder;
use crate::bench::sampler::Usage;
use crate::services::ports::free_ports;
use crate::suite::python;
use crate::{http, paths, process};

/// Timeout of its start: Python imports pandas and pyarrow.
const START_TIMEOUT: Duration = Duration::from_secs(90);

/// The result of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    pub(super) latencies: Quantiles,
    /// Processor time of the server per second, in processors.
    pub(super) cpu_cores: f64,
    /// Resident memory of the server at the end, MiB.
    pub(super) rss_mib: f64,
}

/// The output of `client.py`. Without a reading there are no quantiles.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Quantiles {
    pub(super) readings: u64,
    pub(super) p50_ms: Option<f64>,
    pub(super) p95_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
}

/// A running Streamlit server; killed on drop.
pub(super) struct Streamlit {
    child: tokio::process::Child,
    python: PathBuf,
    port: u16,
}

impl Streamlit {
    /// Starts `app.py`, which refreshes the page of each client every `refresh_ms`.
    pub(super) async fn start(bootstrap: &str, refresh_ms: u32) -> Result<Self> {
        let python = python::environment_named("venv-live", "requirements-live.txt")?;
        let [port] = free_ports()?;
        let log = folder().join("live/streamlit.log");
        let output = File::create(&log).with_context(|| format!("creating {}", log.display()))?;
        let mut command = Command::new(&python);
        command
            .args(["-m", "streamlit", "run"])
            .arg(script("app.py"))
            .args(["--server.port", &port.to_string(), "--server.address", "127.0.0.1"])
            .args(["--server.headless", "true", "--server.fileWatcherType", "none"])
            .args(["--browser.gatherUsageStats", "false"])
            .env("KAFKA_BOOTSTRAP", bootstrap)
            .env("KAFKA_TOPIC", TOPIC)
            .env("REFRESH_S", (f64::from(refresh_ms) / 1e3).to_string())
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        process::die_with_parent(&mut command, Signal::SIGKILL);
        let child = tokio::process::Command::from(command).kill_on_drop(true).spawn()?;
        let mut server = Self { child, python, port };
        server.until_ready(&log).await?;
        Ok(server)
    }

    async fn until_ready(&mut self, log: &Path) -> Result<()> {
        let client = http::client()?;
        let url = format!("http://127.0.0.1:{}/_stcore/health", self.port);
        let start = Instant::now();
        while !client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
            if let Some(status) = self.child.try_wait()? {
                bail!("Streamlit ended ({status}); see {}", log.display());
            }
            ensure!(
                start.elapsed() < START_TIMEOUT,
                "Streamlit is not ready; see {}",
                log.display()
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(())
    }

    /// Measures with so many `clients`, for so many `seconds`.
    pub(super) async fn measure(&self, clients: u32, seconds: u32) -> Result<Outcome> {
        let url = format!("ws://127.0.0.1:{}/_stcore/stream", self.port);
        let mut command = Command::new(&self.python);
        command
            .arg(script("client.py"))
            .args([url, clients.to_string(), seconds.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        process::die_with_parent(&mut command, Signal::SIGKILL);
        let start = Instant::now();
        let before = self.usage()?;
        let child = tokio::process::Command::from(command).kill_on_drop(true).spawn()?;
        let output = child.wait_with_output().await?;
        let after = self.usage()?;
        ensure!(output.status.success(), "client.py failed ({})", output.status);
        let latencies: Quantiles = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("client.py: {}", String::from_utf8_lossy(&output.stdout)))?;
        Ok(Outcome {
            latencies,
            cpu_cores: (after.cpu_s - before.cpu_s) / start.elapsed().as_secs_f64(),
            rss_mib: after.rss_mib,
        })
    }

    fn usage(&self) -> Result<Usage> {
        Ok(Usage::of(i32::try_from(self.child.id().context("Streamlit has ended")?)?))
    }

    pub(super) async fn stop(mut self) -> Result<()> {
        self.child.kill().await.context("stopping Streamlit")
    }
}

fn script(name: &str) -> PathBuf {
    paths::root().join("crates/xtask/python/live").join(name)
}
