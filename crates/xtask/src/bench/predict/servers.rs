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

/// Timeout of a server's start: importing shap compiles code.
const START_TIMEOUT: Duration = Duration::from_secs(90);

/// A running server; killed on drop.
pub(super) struct Server {
    child: tokio::process::Child,
    base: String,
}

/// Pins this process to the second processor, so that the servers have the first.
pub(super) fn pin_this_process() -> Result<()> {
    let mut second = CpuSet::new();
    second.set(1)?;
    // The threads of the broker, which starts later, inherit the affinity.
    sched_setaffinity(Pid::from_raw(0), &second).context("pinning to the second processor")
}

/// A command pinned to the first processor.
pub(super) fn on_first_processor(program: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", "0"].map(OsStr::new)).arg(program).args(args).current_dir(paths::root());
    command
}

impl Server {
    pub(super) async fn bare_axum() -> Result<Self> {
        let [port] = free_ports()?;
        let this = release::binary("xtask")?;
        let port_text = port.to_string();
        let command = on_first_processor(&this, &["bench", "bare-axum", "--port", &port_text]);
        Self::start(command, port, "/predict").await
    }

    pub(super) async fn model_server(broker: &str) -> Result<Self> {
        Self::start_model_server(&[("VITALS__KAFKA__BOOTSTRAP_SERVERS", broker)]).await
    }

    pub(super) async fn model_server_without_log() -> Result<Self> {
        Self::start_model_server(&[("VITALS__MODEL_SERVER__LOG__ENABLED", "false")]).await
    }

    async fn start_model_server(settings: &[(&str, &str)]) -> Result<Self> {
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
        // MLServer is configured by two files in a folder.
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
        let client = http::client()?;
        let url = server.url(probe);
        let start = Instant::now();
        loop {
            // Bare axum has no GET route; its rejection is a response, too.
            if client
                .get(&url)
                .send()
                .await
                .is_ok_and(|response| !response.status().is_server_error())
            {
                return Ok(server);
            }
            // A server that has ended would otherwise be waited for until the timeout.
            if let Some(status) = server.child.try_wait()? {
                bail!(
                    "the server for {url} ended ({status}); see target/bench/predict-servers.log"
                );
            }
            if start.elapsed() > START_TIMEOUT {
                bail!("{url} doesn't respond; see target/bench/predict-servers.log");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Resources used so far.
    pub(super) fn usage(&self) -> Usage {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok());
        pid.map(Usage::of).unwrap_or_default()
    }

    /// State of the prediction log, from `/health`.
    pub(super) async fn prediction_log(&self) -> Result<Value> {
        let health = http::get_json(&http::client()?, &self.url("/health")).await?;
        Ok(health["prediction_log"].clone())
    }

    /// The path that scores with the first version of a model. A candidate serves no other path.
    pub(super) async fn infer_path(&self, model: &str) -> Result<String> {
        let found =
            http::get_json(&http::client()?, &self.url(&format!("/models/{model}"))).await?;
        let version = found["versions"][0]["version"].as_str();
        let version = version.with_context(|| format!("the server has no model {model}"))?;
        Ok(format!("/v2/models/{model}/versions/{version}/infer"))
    }

    pub(super) async fn stop(mut self) -> Result<()> {
        self.child.kill().await.context("stopping a server")
    }
}
