//! The pages: what the UI's build made, embedded in the binary.

use std::fmt::Write as _;

use axum::{
    http::{
        HeaderMap, StatusCode, Uri,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
    },
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};
use vitals_core::runtime::problem::not_found;

/// The folder that `cargo xtask ui` fills.
#[derive(RustEmbed)]
#[folder = "ui/dist"]
struct Built;

/// The page of the application; it knows its own addresses.
const INDEX: &str = "index.html";

/// What is in here has a hash of its content in its name.
const HASHED: &str = "assets/";

/// Served where nothing was built.
const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>vitals: the pages are not built</title>
<h1>The pages are not built</h1>
<p>This dashboard was compiled without its pages. Build them, then the dashboard again:</p>
<pre>cargo xtask ui
cargo build -p dashboard</pre>
<p>The API works: <a href=\"/api/status\">/api/status</a>.</p>
</html>
";

/// Whatever is not the API.
pub(super) async fn page(uri: Uri, headers: HeaderMap) -> Response {
    match find::<Built>(uri.path(), &headers) {
        Some(response) => response,
        None => not_found(uri).await.into_response(),
    }
}

/// The file at `path`; the application's page for everything that is no file, because the
/// application reads the address itself. `None` for a file that is missing.
fn find<Files: RustEmbed>(path: &str, headers: &HeaderMap) -> Option<Response> {
    let path = path.trim_start_matches('/');
    if let Some(file) = Files::get(path).filter(|_| path != INDEX) {
        return Some(send(path, file, headers));
    }
    if path.starts_with(HASHED) {
        return None;
    }
    Some(match Files::get(INDEX) {
        Some(index) => send(INDEX, index, headers),
        None => not_built(),
    })
}

fn send(path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let tag = tag(&file);
    let cached =
        if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let head = [(CACHE_CONTROL, cached.to_owned()), (ETAG, tag.clone())];
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|known| known.to_str().ok());
    if known.flat_map(|known| known.split(',')).any(|known| known.trim() == tag) {
        return (StatusCode::NOT_MODIFIED, head).into_response();
    }
    (head, [(CONTENT_TYPE, kind(path))], file.data).into_response()
}

/// Weak, because the same content may be sent compressed.
fn tag(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    let mut tag = "W/\"".to_owned();
    for byte in &hash[..16] {
        // Writing to a string never fails.
        let _written = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn not_built() -> Response {
    let head = [(CONTENT_TYPE, "text/html; charset=utf-8")];
    (StatusCode::SERVICE_UNAVAILABLE, head, NOT_BUILT).into_response()
}

#[cfg(test)]
mod tests;
