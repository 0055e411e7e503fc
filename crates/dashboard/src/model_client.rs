//! The model server, asked on behalf of a browser.

use std::time::Duration;

use anyhow::Context as _;
use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName, StatusCode, header::CONTENT_TYPE},
};
use metrics::counter;
use reqwest::{Client, RequestBuilder, redirect};

/// Larger answers are refused: they are not the model server's.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(2);

/// Longest wait when only the state is asked for.
const GLANCE: Duration = Duration::from_secs(1);

/// What of the answer's head is passed on.
const PASSED: [HeaderName; 2] = [CONTENT_TYPE, HeaderName::from_static("x-request-id")];

/// Where the model server is.
#[derive(Debug)]
pub struct ModelServer {
    client: Client,
    url: String,
}

/// An answer to pass on as it is, whether it is a success or a problem.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// Content type and request id.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Nobody is there.
    #[error("the model server does not answer: {0}")]
    Away(String),
    /// No answer in time.
    #[error("the model server took too long")]
    TooSlow,
    /// Somebody answered, but not the model server.
    #[error("the answer is not the model server's: {0}")]
    NotIts(String),
}

impl ModelServer {
    /// The server at `url`, each question waited for `patience` at most.
    ///
    /// # Errors
    /// When the HTTP client can't be made.
    pub fn new(url: &str, patience: Duration) -> anyhow::Result<Self> {
        let client = Client::builder()
            .timeout(patience)
            .connect_timeout(CONNECT)
            // It is on the internal network: neither a proxy nor another place is asked.
            .no_proxy()
            .redirect(redirect::Policy::none())
            .build()
            .context("HTTP client")?;
        Ok(Self { client, url: url.trim_end_matches('/').to_owned() })
    }

    /// `POST /predict`.
    ///
    /// # Errors
    /// When the server is away, too slow, or another one.
    pub async fn predict(&self, headers: &HeaderMap, body: Bytes) -> Result<Answer, ModelError> {
        let mut request = self.client.post(format!("{}/predict", self.url)).body(body);
        if let Some(kind) = headers.get(CONTENT_TYPE) {
            request = request.header(CONTENT_TYPE, kind);
        }
        counted("predict", ask(request).await)
    }

    /// `GET /model`.
    ///
    /// # Errors
    /// When the server is away, too slow, or another one.
    pub async fn describe(&self) -> Result<Answer, ModelError> {
        counted("model", ask(self.client.get(format!("{}/model", self.url))).await)
    }

    /// Whether the server answers.
    pub async fn is_up(&self) -> bool {
        let request = self.client.get(format!("{}/health", self.url)).timeout(GLANCE);
        request.send().await.is_ok_and(|response| response.status().is_success())
    }
}

fn counted(route: &'static str, asked: Result<Answer, ModelError>) -> Result<Answer, ModelError> {
    let status = match &asked {
        Ok(answer) => answer.status.as_u16().to_string(),
        Err(_) => "none".to_owned(),
    };
    counter!("vitals_dashboard_proxied_total", "route" => route, "status" => status).increment(1);
    asked
}

async fn ask(request: RequestBuilder) -> Result<Answer, ModelError> {
    let mut response = request.send().await.map_err(failed)?;
    let status = response.status();
    // Nothing but JSON: another server's page must not be served as ours.
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(is_json) {
        let kind = kind.unwrap_or("no content type");
        return Err(ModelError::NotIts(format!("status {status} with {kind}")));
    }
    let mut headers = HeaderMap::new();
    for name in PASSED {
        if let Some(value) = response.headers().get(&name) {
            headers.insert(name, value.clone());
        }
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(ModelError::NotIts(format!("over {MAX_ANSWER_BYTES} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, body: body.into() })
}

fn is_json(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    matches!(kind, "application/json" | "application/problem+json")
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
fn failed(error: reqwest::Error) -> ModelError {
    if error.is_timeout() && !error.is_connect() {
        return ModelError::TooSlow;
    }
    // The innermost cause says what happened; the rest only where in the client.
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    ModelError::Away(cause.to_string())
}
