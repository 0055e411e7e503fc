//! Clients of the live stream.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, Response};
use tokio::task::JoinHandle;

use super::feed;
use super::latencies::Latencies;
use super::update::{Events, readings};
use crate::{clock, http};

/// Open clients of one dashboard.
pub(super) struct Clients {
    tasks: Vec<JoinHandle<Result<()>>>,
    shared: Arc<Shared>,
}

/// The state of all clients.
#[derive(Default)]
struct Shared {
    /// False while the clients connect and the dashboard warms up.
    measures: AtomicBool,
    latencies: Mutex<Latencies>,
}

impl Clients {
    /// Opens so many streams of `url`, which expects readings of so many `patients`.
    pub(super) async fn open(url: &str, number: u32, patients: u32) -> Result<Self> {
        let client = http::client()?;
        let shared = Arc::new(Shared::default());
        let mut tasks = Vec::new();
        for _ in 0..number {
            let response = open(&client, url).await?;
            let one = Stream { last_ms: vec![0; patients as usize], shared: Arc::clone(&shared) };
            tasks.push(tokio::spawn(one.read(response)));
        }
        Ok(Self { tasks, shared })
    }

    /// Starts the measurement.
    pub(super) fn measure(&self) {
        self.shared.measures.store(true, Ordering::Relaxed);
    }

    /// Closes the streams. Returns the latency of every reading at every client.
    pub(super) async fn close(self) -> Result<Latencies> {
        for task in self.tasks {
            // A stream never ends by itself.
            if task.is_finished() {
                task.await??;
            } else {
                task.abort();
            }
        }
        let latencies = &self.shared.latencies;
        Ok(latencies.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

async fn open(client: &Client, url: &str) -> Result<Response> {
    let request = client.get(url).header("accept", "text/event-stream");
    let response = request.send().await.with_context(|| format!("GET {url}"))?;
    ensure!(response.status().is_success(), "GET {url} returned {}", response.status());
    Ok(response)
}

/// One client.
struct Stream {
    /// Time of the last reading of every patient, ms since the epoch.
    last_ms: Vec<i64>,
    shared: Arc<Shared>,
}

impl Stream {
    async fn read(mut self, mut response: Response) -> Result<()> {
        let mut events = Events::default();
        while let Some(chunk) = response.chunk().await.context("reading the live stream")? {
            if let Some(complete) = events.push(&chunk) {
                self.receive(&complete, clock::now_ms())?;
            }
        }
        bail!("the live stream ended")
    }

    fn receive(&mut self, events: &[u8], now_ms: i64) -> Result<()> {
        let events = std::str::from_utf8(events).context("the live stream is not UTF-8")?;
        let measures = self.shared.measures.load(Ordering::Relaxed);
        let mut latencies = self.shared.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, time_ms) in readings(events) {
            let last_ms = feed::number(id).and_then(|number| self.last_ms.get_mut(number));
            let last_ms = last_ms.with_context(|| format!("unknown patient {id}"))?;
            // A patient's state is also sent without a new reading.
            if time_ms <= *last_ms {
                continue;
            }
            *last_ms = time_ms;
            if measures {
                latencies.record(time_ms, now_ms);
            }
        }
        Ok(())
    }
}
