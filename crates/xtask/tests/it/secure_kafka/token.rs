//! An endpoint for OAuth tokens.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::{Json, Router, routing::post};
use serde_json::{Value, json};
use xtask::services::kafka;
use xtask::services::security::OAUTH_SUBJECT;

/// Starts a token endpoint for client credentials, and returns its URL.
pub(super) async fn endpoint() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/token", post(async || Json(token())));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}/token")
}

/// A response with an unsigned token, which the broker of the test accepts.
fn token() -> Value {
    #[expect(clippy::disallowed_methods, reason = "the token is valid from now on")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let header = json!({"alg": "none"}).to_string();
    let claims = json!({"sub": OAUTH_SUBJECT, "iat": now, "exp": now + 3600}).to_string();
    let token = format!("{}.{}.", base64url(&header), base64url(&claims));
    json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600})
}

fn base64url(text: &str) -> String {
    kafka::base64url(text.as_bytes())
}
