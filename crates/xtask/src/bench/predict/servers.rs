//! The servers, each on the first processor.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::bench::release;
use crate::bench::sampler::Usage;
use crate::services::ports::free_ports;
use crate::{http, paths, process};

/// Longest start of a server: shap compiles a good deal.
const PATIENCE: Duration = Duration::from_secs(90);

/// A running server; killed when it is dropped.
pub(super) struct Server {
    child: tokio::process::Child,
    base: String,
}

/// Leaves the first processor to the servers.
pub(super) fn pin_this_process() -> Result<()> {
    let mut second = CpuSet::new();
    second.set(1)?;
    // Every thread of the broker that is started later inherits it.
    sched_setaffinity(Pid::from_raw(0), &second).context("can't stay on the second processor")
}

/// `program` on the first processor.
pub(super) fn on_first_processor(program: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", "0"].map(OsStr::new)).arg(program).args(args).current_dir(paths::root());
    command
}

impl Server {
    pub(super) async fn bare() -> Result<Self> {
        let [port] = free_ports()?;
        let this = release::binary("xtask")?;
        let port_text = port.to_string();
        let command = on_first_processor(&this, &["bench", "bare-axum", "--port", &port_text]);
        Self::start(command, port, "/predict").await
    }

    pub(super) async fn ours(broker: &str) -> Result<Self> {
        Self::ours_with(&[("VITALS__KAFKA__BOOTSTRAP_SERVERS", broker)]).await
    }

    pub(super) async fn ours_without_log() -> Result<Self> {
        Self::ours_with(&[("VITALS__MODEL_SERVER__LOG__ENABLED", "false")]).await
    }

    async fn ours_with(settings: &[(&str, &str)]) -> Result<Self> {
        let [port] = free_ports()?;
        let mut command = on_first_processor(&release::binary("model-server")?, &[]);
        command.env("VITALS__MODEL_SERVER__LISTEN", format!("127.0.0.1:{port}"));
        command.envs(settings.iter().copied());
        Self::start(command, port, "/health").await
    }

    pub(super) async fn fastapi(python: &Path, folder: &Path) -> Result<Self> {
        let [port] = free_ports()?;
        let port_text = port.to_string();
        let args = ["-m", "uvicorn", "app:app", "--port", &port_text, "--log-level", "warning"];
        let mut command = on_first_processor(python, &args);
        command
            .current_dir(paths::root().join("crates/xtask/python/serving"))
            .env("MODEL_FOLDER", folder)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        Self::start(command, port, "/openapi.json").await
    }

    pub(super) async fn mlserver(python: &Path, folder: &Path) -> Result<Self> {
        let [port, grpc, metrics] = free_ports()?;
        let home = folder.join("mlserver");
        fs::create_dir_all(&home).with_context(|| format!("creating {}", home.display()))?;
        let settings = json!({"http_port": port, "grpc_port": grpc, "metrics_port": metrics,
            "host": "127.0.0.1", "debug": false, "parallel_workers": 0});
        let model = json!({"name": "pima", "implementation": "mlserver_sklearn.SKLearnModel",
            "parameters": {"uri": folder.join("model.joblib"), "version": "1"}});
        for (name, value) in [("settings.json", settings), ("model-settings.json", model)] {
            fs::write(home.join(name), value.to_string())
                .with_context(|| format!("writing {name}"))?;
        }
        let program = python.with_file_name("mlserver");
        let home = home.display().to_string();
        let command = on_first_processor(&program, &["start", &home]);
        Self::start(command, port, "/v2/models/pima/ready").await
    }

    async fn start(mut command: Command, port: u16, probe: &str) -> Result<Self> {
        let log = crate::bench::folder().join("predict-servers.log");
        let log = fs::File::options().create(true).append(true).open(&log)?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        process::die_with_parent(&mut command, Signal::SIGKILL);
        let child = tokio::process::Command::from(command).kill_on_drop(true).spawn()?;
        let mut server = Self { child, base: format!("http://127.0.0.1:{port}") };
        let (client, url, start) = (http::client()?, server.url(probe), Instant::now());
        loop {
            // The bare server knows no GET; that it refuses one is enough.
            if client.get(&url).send().await.is_ok_and(|r| !r.status().is_server_error()) {
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("the server for {url} ended ({status}); target/bench/predict-servers.log");
            }
            if start.elapsed() > PATIENCE {
                bail!("{url} does not answer; see target/bench/predict-servers.log");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// What it has used so far.
    pub(super) fn usage(&self) -> Usage {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok());
        pid.map(Usage::of).unwrap_or_default()
    }

    /// What became of our prediction log.
    pub(super) async fn log_status(&self) -> Result<Value> {
        let health = http::get_json(&http::client()?, &self.url("/health")).await?;
        Ok(health["prediction_log"].clone())
    }

    pub(super) async fn stop(mut self) -> Result<()> {
        self.child.kill().await.context("stopping a server")
    }
}
