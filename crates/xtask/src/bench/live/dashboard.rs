//! The dashboard as a process of its own.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::bench::release;
use crate::services::ports::free_ports;
use crate::{http, paths, process};

/// Timeout of its start.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// Timeout of a request; that of the statistics is the longest.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);

/// A running dashboard; killed on drop.
pub(super) struct Dashboard {
    child: tokio::process::Child,
    address: String,
}

impl Dashboard {
    /// Starts it with the tables in `lake`, and waits until it is ready. The log is `lake`'s sibling
    /// `dashboard.log`.
    pub(super) async fn start(bootstrap: &str, lake: &Path) -> Result<Self> {
        let [port] = free_ports()?;
        let address = format!("127.0.0.1:{port}");
        let log = lake.with_file_name("dashboard.log");
        let output = File::create(&log).with_context(|| format!("creating {}", log.display()))?;
        let mut command = Command::new(release::binary("dashboard")?);
        command
            .env("VITALS__KAFKA__BOOTSTRAP_SERVERS", bootstrap)
            .env("VITALS__LAKE__URL", lake)
            .env("VITALS__DASHBOARD__LISTEN", &address)
            .env("VITALS__DASHBOARD__CONSUMER_URLS", "")
            .env("VITALS__DASHBOARD__PRODUCER_URLS", "")
            .current_dir(paths::root())
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        process::die_with_parent(&mut command, Signal::SIGKILL);
        let child = tokio::process::Command::from(command).kill_on_drop(true).spawn()?;
        let mut dashboard = Self { child, address };
        dashboard.until_ready(&log).await?;
        Ok(dashboard)
    }

    async fn until_ready(&mut self, log: &Path) -> Result<()> {
        let client = http::client()?;
        let url = self.url("/ready");
        let start = Instant::now();
        while http::get_json(&client, &url).await.is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("the dashboard ended ({status}); see {}", log.display());
            }
            let elapsed = start.elapsed();
            ensure!(elapsed < START_TIMEOUT, "the dashboard is not ready; see {}", log.display());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn pid(&self) -> Result<i32> {
        Ok(i32::try_from(self.child.id().context("the dashboard has ended")?)?)
    }

    /// Fetches the JSON document at `path`. Returns it with the time to its last byte, ms.
    pub(super) async fn timed_json(&self, path: &str) -> Result<(Value, f64)> {
        let client = http::client()?;
        let start = Instant::now();
        let response = client.get(self.url(path)).timeout(REQUEST_TIMEOUT).send().await?;
        let status = response.status();
        let body = response.bytes().await?;
        let elapsed_ms = start.elapsed().as_secs_f64() * 1e3;
        ensure!(
            status.is_success(),
            "GET {path} returned {status}: {}",
            String::from_utf8_lossy(&body)
        );
        Ok((serde_json::from_slice(&body)?, elapsed_ms))
    }

    pub(super) async fn stop(mut self) -> Result<()> {
        self.child.kill().await.context("stopping the dashboard")
    }
}
