//! The endpoints of every service: health, readiness and metrics.

use anyhow::Context as _;
use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use serde_json::json;
use tokio::net::TcpListener;

use super::{
    problem::{method_not_allowed, not_found},
    readiness::Readiness,
    telemetry,
};

/// The service behind the endpoints.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Name of the service, for example `model-server`.
    pub service: &'static str,
    /// Version of the service.
    pub version: &'static str,
    /// Readiness of the service.
    pub readiness: Readiness,
}

/// `GET /health` alone. A service with a more detailed health response replaces it.
pub fn health(identity: Identity) -> Router {
    Router::new().route("/health", get(healthy)).with_state(identity)
}

/// `GET /ready` and `GET /metrics`.
pub fn ready_and_metrics(identity: Identity) -> Router {
    Router::new()
        .route("/ready", get(ready))
        .route("/metrics", get(|| async { telemetry::metrics_text() }))
        .with_state(identity)
}

/// `GET /health`, `GET /ready` and `GET /metrics`.
pub fn ops(identity: Identity) -> Router {
    health(identity.clone()).merge(ready_and_metrics(identity))
}

/// The liveness response: the process handles requests.
async fn healthy(State(identity): State<Identity>) -> impl IntoResponse {
    Json(json!({
        "status": "ok", "service": identity.service, "version": identity.version,
    }))
}

/// The readiness response: 200 if all conditions hold, else 503 with the reasons.
async fn ready(State(identity): State<Identity>) -> impl IntoResponse {
    let reasons = identity.readiness.reasons();
    let (code, status) = if reasons.is_empty() {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not_ready")
    };
    (code, Json(json!({ "status": status, "reasons": reasons })))
}

/// Adds problem documents as the responses to unknown paths and methods.
pub fn with_problem_fallbacks(router: Router) -> Router {
    router.fallback(not_found).method_not_allowed_fallback(method_not_allowed)
}

/// Binds `address`.
///
/// # Errors
/// If the address is in use or not local. The message names the setting.
pub async fn listen(address: std::net::SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("can't listen on {address} (setting {setting})"))?;
    tracing::info!(http.address = %listener.local_addr()?, "listening");
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};
    use tower::ServiceExt as _;

    use super::*;

    async fn get(router: Router, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn the_readiness_response_has_the_unmet_conditions() {
        let readiness = Readiness::waiting_for(&["kafka"]);
        let identity = Identity { service: "test", version: "1", readiness: readiness.clone() };
        let router = ops(identity);
        let (status, body) = get(router.clone(), "/ready").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(body.contains("kafka: starting"), "{body}");
        readiness.met("kafka");
        assert_eq!(get(router.clone(), "/ready").await.0, StatusCode::OK);
        assert_eq!(get(router, "/health").await.0, StatusCode::OK);
    }
}
