//! Requests to the endpoints of a service.

use std::time::Duration;

use reqwest::{Client, Response, redirect};
use serde::{Deserialize, de::DeserializeOwned};

use crate::wire::{Archive, ServiceReport, UpDown};

/// Timeout of a request. A service that needs longer counts as down.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Maximum size of a response. A larger one does not come from a service of the pipeline.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// A client for the endpoints of services on the internal network.
///
/// # Errors
/// If the client cannot be created.
pub(super) fn client() -> reqwest::Result<Client> {
    Client::builder().timeout(TIMEOUT).no_proxy().redirect(redirect::Policy::none()).build()
}

/// The response of `GET /ready`.
#[derive(Deserialize)]
struct Ready {
    reasons: Vec<String>,
}

/// Requests the readiness of a service.
pub(super) async fn readiness(
    client: &Client,
    service: &str,
    url: &str,
    now_ms: i64,
) -> ServiceReport {
    let outcome = match get(client, url, "/ready").await {
        Ok(response) => {
            // A service that is not ready responds as well, with its reasons.
            let ready = response.status().is_success();
            json::<Ready>(response).await.map(|body| (ready, body.reasons))
        }
        Err(error) => Err(error),
    };
    let (health, ready, reasons) = match outcome {
        Ok((ready, reasons)) => (UpDown::Up, ready, reasons),
        Err(error) => (UpDown::Down, false, vec![error]),
    };
    ServiceReport {
        service: service.to_owned(),
        url: url.to_owned(),
        health,
        ready,
        reasons,
        checked_ms: now_ms,
        responded_ms: (health == UpDown::Up).then_some(now_ms),
    }
}

/// The metrics of a service; `None` if it does not respond.
pub(super) async fn metrics(client: &Client, url: &str) -> Option<String> {
    let response = get(client, url, "/metrics").await.ok()?;
    let body = limited(response).await.ok()?;
    String::from_utf8(body).ok()
}

/// The status of a consumer; `None` if it does not respond, or not as a consumer does.
pub(super) async fn archive(client: &Client, url: &str) -> Option<Archive> {
    let response = get(client, url, "/status").await.ok()?;
    let archive: Archive = json(response).await.ok()?;
    Some(Archive { url: url.to_owned(), ..archive })
}

async fn get(client: &Client, url: &str, path: &str) -> Result<Response, String> {
    client.get(format!("{url}{path}")).send().await.map_err(|error| text(&error))
}

async fn json<T: DeserializeOwned>(response: Response) -> Result<T, String> {
    let body = limited(response).await?;
    serde_json::from_slice(&body).map_err(|error| format!("unexpected response: {error}"))
}

async fn limited(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| text(&error))? {
        // A wrong URL may lead to a server that sends without an end.
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(format!("unexpected response: over {MAX_BYTES} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The failure in words. The innermost cause names it; the outer ones only name parts of the client.
fn text(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no response within {} s", TIMEOUT.as_secs());
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
