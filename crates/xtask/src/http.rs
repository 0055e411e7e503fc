//! An HTTP client for the services that this tool starts.

use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::Client;

/// A client for loopback: ignores proxies from the environment and times out while connecting.
///
/// # Errors
/// Returns an error if the client can't be built.
pub fn client() -> Result<Client> {
    Client::builder()
        .no_proxy()
        .connect_timeout(Duration::from_secs(2))
        .build()
        .context("building the HTTP client")
}

/// Fetches the JSON document at `url`.
///
/// # Errors
/// Returns an error without a response within five seconds, or if the status is not 2xx or the body
/// is not JSON.
pub async fn get_json(client: &Client, url: &str) -> Result<serde_json::Value> {
    let response = client
        .get(url)
        .timeout(Duration::from_secs(5))
        .send()
        .await
        .with_context(|| format!("GET {url}"))?
        .error_for_status()?;
    response.json().await.with_context(|| format!("GET {url}: the response is not JSON"))
}
