//! A server that may not write to its folder of models.

use std::{
    collections::BTreeMap,
    fs::{self, File, Permissions},
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command},
    time::{Duration, Instant},
};

use model_server::registry::{Author, ModelId, Registry};
use rdkafka::{mocking::MockCluster, producer::DefaultProducerContext};
use reqwest::Client;
use serde_json::Value;

use crate::client::{copy, example, workspace};

/// A user without rights, for a test that runs as root.
const NOBODY: u32 = 65_534;

/// The program, run by a user who can read its folder and not write to it.
struct Process {
    child: Child,
    folder: PathBuf,
    log: PathBuf,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // So that the folder can be removed.
        set_writable(&self.folder, true);
    }
}

impl Process {
    fn start(folder: &Path, bootstrap_servers: &str) -> Self {
        let log = folder.join("log");
        let output = File::create(&log).unwrap();
        // Another user may not reach the program where cargo built it.
        let program = folder.join("model-server");
        // By another process: a child of this one could hold the new file open and keep it from running.
        let copied =
            Command::new("cp").arg(env!("CARGO_BIN_EXE_model-server")).arg(&program).status();
        assert!(copied.unwrap().success());
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .env("VITALS__MODEL_SERVER__LISTEN", "127.0.0.1:0")
            .env("VITALS__MODEL_SERVER__POLL_INTERVAL_MS", "20")
            .env("VITALS__KAFKA__BOOTSTRAP_SERVERS", bootstrap_servers)
            .env("VITALS__TELEMETRY__LOG_FORMAT", "json")
            .stdout(output.try_clone().unwrap())
            .stderr(output);
        set_writable(folder, false);
        if writes(folder) {
            command.uid(NOBODY).gid(NOBODY);
        }
        Self { child: command.spawn().unwrap(), folder: folder.to_owned(), log }
    }

    /// The log's lines.
    fn lines(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.log).unwrap();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The lines with this message.
    fn count(&self, message: &str) -> usize {
        let is_message = |line: &&Value| text(line, "message").contains(message);
        self.lines().iter().filter(is_message).count()
    }

    /// Waits until the server listens. Returns its address.
    async fn address(&mut self) -> String {
        let started = Instant::now();
        loop {
            let address = self
                .lines()
                .iter()
                .find_map(|line| Some(line["http.address"].as_str()?.to_owned()));
            if let Some(address) = address {
                return address;
            }
            let log = || fs::read_to_string(&self.log).unwrap();
            assert!(self.child.try_wait().unwrap().is_none(), "the server ended: {}", log());
            assert!(started.elapsed() < Duration::from_secs(120), "no address in {}", log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Sets the permissions of a folder and everything in it.
fn set_writable(folder: &Path, writable: bool) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            set_writable(&path, writable);
        } else {
            // Executable, because the program is one of the files.
            set_mode(&path, if writable { 0o755 } else { 0o555 });
        }
    }
    set_mode(folder, if writable { 0o755 } else { 0o555 });
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Returns true if this process writes to the folder in spite of its permissions, as root does.
fn writes(folder: &Path) -> bool {
    let path = folder.join(".probe");
    let written = File::create(&path).is_ok();
    let _ = fs::remove_file(path);
    written
}

/// A field of a log line.
fn text<'a>(line: &'a Value, field: &str) -> &'a str {
    line[field].as_str().unwrap_or_default()
}

fn cluster() -> MockCluster<'static, DefaultProducerContext> {
    let cluster = MockCluster::new(1).unwrap();
    for topic in ["predictions", "model-events"] {
        cluster.create_topic(topic, 1, 1).unwrap();
    }
    cluster
}

/// Waits until the server has published the ledger and could not note it.
async fn wait_for_publication(process: &Process) {
    let started = Instant::now();
    while process.count("model events not published") == 0 {
        assert!(started.elapsed() < Duration::from_secs(120), "{:?}", process.lines());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_serves_from_a_folder_that_it_may_not_write() {
    let folder = tempfile::tempdir().unwrap();
    let models = folder.path().join("models");
    copy(&workspace("models"), &models);
    fs::copy(workspace("config.toml"), folder.path().join("config.toml")).unwrap();
    let registry = Registry::new(&models);
    let find = |name: &str| -> ModelId {
        registry.list().unwrap().into_iter().find(|id| id.name() == name).unwrap()
    };
    // Two released versions, and one that is refused at every scan.
    for name in ["logistic", "spline"] {
        let author = Author { who: "Ada".to_owned(), why: "a test".to_owned() };
        registry.release(&find(name), &author).unwrap();
    }
    fs::write(registry.folder(&find("boosted")).join("model.json"), "{}").unwrap();

    let cluster = cluster();
    let mut process = Process::start(folder.path(), &cluster.bootstrap_servers());
    let base = format!("http://{}", process.address().await);
    let client = Client::new();
    let predict = || client.post(format!("{base}/predict")).json(&example()).send();
    assert_eq!(predict().await.unwrap().status(), 200);

    // Nothing changes, and the answer says why without a path.
    let logistic = find("logistic");
    let path = format!("{base}/models/logistic/versions/{}/activate", logistic.version());
    for _ in 0..2 {
        let response = client.post(&path).send().await.unwrap();
        assert_eq!(response.status(), 409);
        let problem: Value = response.json().await.unwrap();
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("can't write to its folder of models"), "{detail}");
        assert!(!detail.contains('/'), "{detail}");
    }
    let health: Value =
        client.get(format!("{base}/health")).send().await.unwrap().json().await.unwrap();
    assert_eq!(health["model"], "spline");
    assert_eq!(health["refused"][0]["model"], "boosted");

    // What every scan finds again is logged once.
    wait_for_publication(&process).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(predict().await.unwrap().status(), 200);
    assert_eq!(process.count("model events not published"), 1, "{:?}", process.lines());
    assert_eq!(process.count("model refused"), 1, "{:?}", process.lines());
    assert_eq!(process.count("model activated"), 0, "{:?}", process.lines());
    let mut failures = BTreeMap::new();
    for line in process.lines() {
        if text(&line, "level") != "INFO" && text(&line, "target").starts_with("model_server") {
            *failures.entry(text(&line, "message").to_owned()).or_insert(0) += 1;
        }
    }
    assert!(failures.values().all(|count| *count <= 2), "{failures:?}");
}
