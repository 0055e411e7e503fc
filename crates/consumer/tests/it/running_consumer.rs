//! A consumer in the test's process.

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::config::Settings;

use crate::wait::{check, wait_for};

/// A consumer in this process.
pub(crate) struct RunningConsumer {
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
    address: std::net::SocketAddr,
}

impl RunningConsumer {
    pub(crate) async fn start(settings: &Settings) -> Self {
        let stop = CancellationToken::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(consumer::run(settings.clone(), listener, stop.clone()));
        Self { stop, task, address }
    }

    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        (&mut self.task).await.unwrap()
    }

    /// Ends like a killed process: no batch is completed.
    pub(crate) fn kill(self) {
        self.task.abort();
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let response = reqwest::get(format!("http://{}{path}", self.address)).await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// The status of the readings, from `GET /status`.
    pub(crate) async fn status(&self) -> serde_json::Value {
        let status: serde_json::Value = serde_json::from_str(&self.get("/status").await.1).unwrap();
        status["topics"][0].clone()
    }

    /// Waits until the status of the readings satisfies `condition`.
    pub(crate) async fn wait_for_status(
        &self,
        name: &str,
        condition: impl Fn(&serde_json::Value) -> bool,
    ) {
        wait_for(name, async || {
            let status = self.status().await;
            check(condition(&status), status)
        })
        .await;
    }

    /// The status of the watch, from `GET /status`.
    pub(crate) async fn watch(&self) -> serde_json::Value {
        let status: serde_json::Value = serde_json::from_str(&self.get("/status").await.1).unwrap();
        status["watch"].clone()
    }

    /// Waits until the status of the watch satisfies `condition`, and returns it.
    pub(crate) async fn wait_for_watch(
        &self,
        name: &str,
        condition: impl Fn(&serde_json::Value) -> bool,
    ) -> serde_json::Value {
        wait_for(name, async || {
            let watch = self.watch().await;
            if condition(&watch) { Ok(watch) } else { Err(watch) }
        })
        .await
    }

    /// Waits until `/ready` responds with `status` and a body that contains `part`.
    pub(crate) async fn wait_for_ready(&self, status: u16, part: &str) {
        wait_for(&format!("{status} {part}"), async || {
            let (found, body) = self.get("/ready").await;
            check(found == status && body.contains(part), (found, body))
        })
        .await;
    }
}

/// Stops the consumer of a failed test: the runtime waits for its polling thread.
impl Drop for RunningConsumer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
