//! A real server on a free port, and its client.

use std::path::{Path, PathBuf};

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{config::Settings, telemetry::start_metrics};

/// The request in the documentation.
pub(crate) fn example() -> Value {
    json!({"pregnancies": 0, "glucose": 137, "blood_pressure": 40, "skin_thickness": 35,
        "insulin": 168, "bmi": 43.1, "diabetes_pedigree_function": 2.288, "age": 33})
}

/// A path in the workspace.
pub(crate) fn workspace(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The shipped data about other people: everyone is a year older.
pub(crate) fn older_people() -> String {
    let data = std::fs::read_to_string(workspace("data/pima.csv")).unwrap();
    let lines = data.lines().map(|line| {
        let mut cells: Vec<String> = line.split(',').map(ToOwned::to_owned).collect();
        // The last but one; the head has no number there.
        let age = &mut cells[7];
        *age = age.parse().map_or_else(|_| age.clone(), |years: u32| (years + 1).to_string());
        cells.join(",") + "\n"
    });
    lines.collect()
}

/// Copies a folder.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Settings with the shipped models and the prediction log disabled.
pub(crate) fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.model_server.models_dir = workspace("models").display().to_string();
    settings.model_server.max_body_bytes = 65_536;
    settings.model_server.log.enabled = false;
    settings
}

/// The API with the shipped models, without a socket.
pub(crate) fn router() -> axum::Router {
    model_server::router(&settings()).unwrap()
}

/// A running server.
pub(crate) struct Server {
    pub(crate) address: std::net::SocketAddr,
    client: Client,
    shutdown: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Server {
    /// Starts a server with the shipped models.
    pub(crate) async fn start() -> Self {
        Self::start_with(settings()).await
    }

    /// Starts a server with these settings.
    pub(crate) async fn start_with(settings: Settings) -> Self {
        start_metrics();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let token = shutdown.clone();
        let task = tokio::spawn(async move { model_server::run(&settings, listener, token).await });
        Self { address, client: Client::new(), shutdown, task }
    }

    /// Stops the server and asserts that it succeeded.
    pub(crate) async fn stop(self) {
        drop(self.client);
        self.shutdown.cancel();
        self.task.await.unwrap().unwrap();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    pub(crate) async fn get_json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()["content-type"], "application/json", "{path}");
        response.json().await.unwrap()
    }

    /// Posts a body with this content type to `/predict`.
    pub(crate) async fn post(&self, body: impl Into<reqwest::Body>, kind: &str) -> Response {
        let request = self.client.post(self.url("/predict")).header("content-type", kind);
        request.body(body).send().await.unwrap()
    }

    /// Posts a JSON body to `/predict`. Returns the status and the JSON of the response.
    pub(crate) async fn predict(&self, body: &Value) -> (StatusCode, Value) {
        let response = self.post(body.to_string(), "application/json").await;
        (response.status(), response.json().await.unwrap())
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }
}
