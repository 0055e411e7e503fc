//! The HTTP client for talking to what this tool started.

use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::Client;

/// A client for loopback: never through a proxy from the environment, and no request that hangs.
///
/// # Errors
/// When the client can't be built.
pub fn client() -> Result<Client> {
    Client::builder()
        .no_proxy()
        .connect_timeout(Duration::from_secs(2))
        .build()
        .context("building the HTTP client")
}

/// The JSON document at `url`.
///
/// # Errors
/// When nothing answers within five seconds, the status is not 2xx, or the body is not JSON.
pub async fn get_json(client: &Client, url: &str) -> Result<serde_json::Value> {
    let response = client
        .get(url)
        .timeout(Duration::from_secs(5))
        .send()
        .await
        .with_context(|| format!("GET {url}"))?
        .error_for_status()?;
    response.json().await.with_context(|| format!("GET {url}: the answer is not JSON"))
}
