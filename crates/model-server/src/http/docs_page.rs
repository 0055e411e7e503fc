//! `GET /docs`: the API document as a page on which every request can be tried.
//!
//! Hand-written and small: the usual documentation pages load their scripts from other hosts when
//! the page opens or when the crate is built.

use axum::{
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    response::IntoResponse,
};

const PAGE: &str = include_str!("docs_page.html");

/// Restricts the page to its own content and requests to this server.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
    connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) async fn page() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        // The page changes with the server's version.
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, PAGE)
}
