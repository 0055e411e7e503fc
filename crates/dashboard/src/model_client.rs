//! An HTTP client of the model server, for requests proxied from browsers.

use std::time::Duration;

use anyhow::Context as _;
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, StatusCode, header::CONTENT_TYPE},
};
use reqwest::{Client, RequestBuilder, redirect};

use crate::metrics;

/// Timeout of a connection attempt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Timeout of a health check.
const HEALTH_CHECK_TIMEOUT: Duration = Duration::from_secs(1);

/// Response headers forwarded to the browser.
const FORWARDED_HEADERS: [HeaderName; 2] = [CONTENT_TYPE, HeaderName::from_static("x-request-id")];

/// A client of the model server at one URL.
#[derive(Debug)]
pub struct ModelClient {
    client: Client,
    url: String,
}

/// A response of the model server to forward unchanged: a success or a problem document.
#[derive(Debug)]
pub struct ModelResponse {
    /// HTTP status.
    pub status: StatusCode,
    /// The forwarded headers: content type and request id.
    pub headers: HeaderMap,
    /// The body as it arrives: a response is larger than its request, and none is held whole.
    pub body: Body,
}

/// A failed request to the model server.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The connection failed or broke.
    #[error("the model server does not respond: {0}")]
    Unavailable(String),
    /// The request timed out.
    #[error("the request to the model server timed out")]
    TimedOut,
    /// The response does not come from a model server.
    #[error("the response does not come from a model server: {0}")]
    Unexpected(String),
}

impl ModelClient {
    /// A client of the server at `url` whose requests take at most `request_timeout`.
    ///
    /// # Errors
    /// If the HTTP client cannot be created.
    pub fn new(url: &str, request_timeout: Duration) -> anyhow::Result<Self> {
        let client = Client::builder()
            .timeout(request_timeout)
            .connect_timeout(CONNECT_TIMEOUT)
            // The server is on the internal network: requests bypass proxies and follow no
            // redirect.
            .no_proxy()
            .redirect(redirect::Policy::none())
            .build()
            .context("HTTP client")?;
        Ok(Self { client, url: url.trim_end_matches('/').to_owned() })
    }

    /// `POST` to a route that predicts, `predict` or `explain`.
    ///
    /// # Errors
    /// If the server is unavailable, too slow or not a model server.
    pub async fn post(
        &self,
        route: &'static str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<ModelResponse, ModelError> {
        let mut request = self.client.post(format!("{}/{route}", self.url)).body(body);
        // The model server decides by it how to read the body.
        if let Some(content_type) = headers.get(CONTENT_TYPE) {
            request = request.header(CONTENT_TYPE, content_type);
        }
        send(route, request).await
    }

    /// `GET /model`.
    ///
    /// # Errors
    /// If the server is unavailable, too slow or not a model server.
    pub async fn describe(&self) -> Result<ModelResponse, ModelError> {
        send("model", self.client.get(format!("{}/model", self.url))).await
    }

    /// `GET /models`: every version with its state.
    ///
    /// # Errors
    /// If the server is unavailable, too slow or not a model server.
    pub async fn models(&self) -> Result<ModelResponse, ModelError> {
        send("models", self.client.get(format!("{}/models", self.url))).await
    }

    /// `GET /models/{name}/versions/{version}/card`. The caller has checked both names.
    ///
    /// # Errors
    /// If the server is unavailable, too slow or not a model server.
    pub async fn card(&self, name: &str, version: &str) -> Result<ModelResponse, ModelError> {
        let url = format!("{}/models/{name}/versions/{version}/card", self.url);
        send("card", self.client.get(url)).await
    }

    /// `GET /health`: the active model and the state of the prediction log.
    ///
    /// # Errors
    /// If the server is unavailable, too slow or not a model server.
    pub async fn health(&self) -> Result<ModelResponse, ModelError> {
        send("health", self.client.get(format!("{}/health", self.url))).await
    }

    /// Returns true if the server responds to a health check.
    pub async fn is_up(&self) -> bool {
        let request = self.client.get(format!("{}/health", self.url)).timeout(HEALTH_CHECK_TIMEOUT);
        request.send().await.is_ok_and(|response| response.status().is_success())
    }
}

/// Sends a request and counts its outcome under `route`.
async fn send(route: &'static str, request: RequestBuilder) -> Result<ModelResponse, ModelError> {
    let outcome = receive(request).await;
    let status = outcome.as_ref().ok().map(|response| response.status.as_u16());
    metrics::count_proxied(route, status);
    outcome
}

async fn receive(request: RequestBuilder) -> Result<ModelResponse, ModelError> {
    let response = request.send().await.map_err(into_model_error)?;
    let status = response.status();

    // Only JSON is forwarded: another server's page must not be served under this origin.
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(is_json) {
        let content_type = content_type.unwrap_or("no content type");
        return Err(ModelError::Unexpected(format!("status {status} with {content_type}")));
    }

    // A few headers only: others belong to the connection with the model server.
    let mut headers = HeaderMap::new();
    for name in FORWARDED_HEADERS {
        if let Some(value) = response.headers().get(&name) {
            headers.insert(name, value.clone());
        }
    }

    Ok(ModelResponse { status, headers, body: Body::from_stream(response.bytes_stream()) })
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    matches!(essence, "application/json" | "application/problem+json")
}

#[expect(clippy::needless_pass_by_value, reason = "the signature map_err expects")]
fn into_model_error(error: reqwest::Error) -> ModelError {
    if error.is_timeout() && !error.is_connect() {
        return ModelError::TimedOut;
    }
    // The innermost cause names the failure; the outer ones only name parts of the client.
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    ModelError::Unavailable(cause.to_string())
}
