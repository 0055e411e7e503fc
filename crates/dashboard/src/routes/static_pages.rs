//! The pages: the output of the UI's build, embedded in the binary.

use std::fmt::Write as _;

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{
        HeaderMap, StatusCode, Uri,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::{EmbeddedFile, RustEmbed};
use vitals_core::runtime::problem::not_found;

use super::base_path::BasePath;

/// The folder written by `cargo xtask ui`.
#[derive(RustEmbed)]
#[folder = "ui/dist"]
struct Pages;

/// The application's page. It renders every address of the application.
const INDEX: &str = "index.html";

/// Files in this folder carry a hash of their content in their name.
const HASHED: &str = "assets/";

/// Served by a binary that was compiled without the pages.
const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>vitals: pages not built</title>
<h1>The pages are not built</h1>
<p>This dashboard was compiled without its pages. Build the pages, then the dashboard:</p>
<pre>cargo xtask ui
cargo build -p dashboard</pre>
<p>The API is available: <a href=\"/api/status\">/api/status</a>.</p>
</html>
";

/// The routes of every path outside the API.
pub(super) fn pages(base_path: BasePath) -> Router {
    Router::new().route("/", get(page)).route("/{*path}", get(page)).with_state(base_path)
}

async fn page(State(base_path): State<BasePath>, uri: Uri, headers: HeaderMap) -> Response {
    match find::<Pages>(uri.path(), &base_path, &headers) {
        Some(response) => response,
        None => not_found(uri).await.into_response(),
    }
}

/// The file at `path`, or the application's page if there is no such file, because the
/// application routes its own addresses. `None` for a missing hashed file.
fn find<Files: RustEmbed>(
    path: &str,
    base_path: &BasePath,
    headers: &HeaderMap,
) -> Option<Response> {
    let path = path.trim_start_matches('/');
    if path != INDEX
        && let Some(file) = Files::get(path)
    {
        let tag = etag(&file, "");
        return Some(send(path, file.data, &tag, headers));
    }
    // A hashed file of another build: the page in its place would fail as a script.
    if path.starts_with(HASHED) {
        return None;
    }
    Some(match Files::get(INDEX) {
        Some(index) => {
            // The page contains the base path, so the tag depends on it.
            let tag = etag(&index, base_path.as_str());
            send(INDEX, with_base(&index.data, base_path), &tag, headers)
        }
        None => not_built(),
    })
}

/// The page with the addresses of its files, and the base of its own, below the base path. The build
/// leaves them relative (`src="./assets/..."`), but the page is served at addresses of any depth.
fn with_base(page: &[u8], base_path: &BasePath) -> Vec<u8> {
    let absolute = format!("=\"{}", base_path.as_str());
    String::from_utf8_lossy(page).replace("=\"./", &absolute).into_bytes()
}

fn send(path: &str, data: impl Into<Body>, tag: &str, headers: &HeaderMap) -> Response {
    // The browser revalidates a file unless its name changes with its content.
    let cache_control =
        if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let cache_headers = [(CACHE_CONTROL, cache_control.to_owned()), (ETAG, tag.to_owned())];
    if has_tag(headers, tag) {
        return (StatusCode::NOT_MODIFIED, cache_headers).into_response();
    }
    (cache_headers, [(CONTENT_TYPE, content_type(path))], data.into()).into_response()
}

/// Returns true if the browser's cached copy has the entity tag `tag`.
fn has_tag(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|known| known.trim() == tag)
}

/// A weak entity tag: the same content may be sent with or without compression. The page depends on
/// the base path too.
fn etag(file: &EmbeddedFile, base_path: &str) -> String {
    let hash = file.metadata.sha256_hash();
    let mut tag = format!("W/\"{base_path}");
    for byte in &hash[..16] {
        // Writing to a string never fails.
        let _written = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

fn content_type(path: &str) -> &'static str {
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
mod tests {
    use std::borrow::Cow;

    use axum::body::to_bytes;

    use super::*;

    #[derive(RustEmbed)]
    #[folder = "tests/sample-ui"]
    struct Sample;

    /// The pages of a binary compiled without them.
    struct NoPages;

    impl RustEmbed for NoPages {
        fn get(_path: &str) -> Option<EmbeddedFile> {
            None
        }

        fn iter() -> impl Iterator<Item = Cow<'static, str>> + 'static {
            std::iter::empty()
        }
    }

    fn header<'a>(response: &'a Response, name: &str) -> &'a str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    async fn text(response: Response) -> String {
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    fn get(path: &str) -> Option<Response> {
        find::<Sample>(path, &BasePath::new("/"), &HeaderMap::new())
    }

    #[tokio::test]
    async fn every_path_without_a_file_serves_the_application() {
        for path in ["/", "/index.html", "/patients/p-0042", "/patients/p.12", "/risk"] {
            let response = get(path).unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8", "{path}");
            assert_eq!(header(&response, "cache-control"), "no-cache", "{path}");
            assert!(text(response).await.contains("<title>sample</title>"), "{path}");
        }
    }

    #[tokio::test]
    async fn files_have_a_content_type_and_hashed_files_are_immutable() {
        let cases = [
            ("/assets/app-abc123.js", "text/javascript; charset=utf-8", true),
            ("/theme.css", "text/css; charset=utf-8", false),
        ];
        for (path, content_type, immutable) in cases {
            let response = get(path).unwrap();
            assert_eq!(header(&response, "content-type"), content_type, "{path}");
            let cache_control = header(&response, "cache-control");
            assert_eq!(cache_control.contains("immutable"), immutable, "{path}");
        }
        assert!(get("/assets/app-old999.js").is_none(), "a script must not become the page");
    }

    #[test]
    fn a_cached_file_is_not_sent_again() {
        let tag = header(&get("/").unwrap(), "etag").to_owned();
        assert!(tag.starts_with("W/\""), "{tag}");
        let status_with = |tags: &str| {
            let headers = HeaderMap::from_iter([(IF_NONE_MATCH, tags.parse().unwrap())]);
            find::<Sample>("/", &BasePath::new("/"), &headers).unwrap().status()
        };
        assert_eq!(status_with(&tag), StatusCode::NOT_MODIFIED);
        assert_eq!(status_with(&format!("\"other\", {tag}")), StatusCode::NOT_MODIFIED);
        assert_eq!(status_with("\"other\""), StatusCode::OK);
    }

    #[tokio::test]
    async fn the_page_refers_to_its_files_below_the_base_path() {
        for (base, script) in [("/", "/assets/app-abc123.js"), ("/v/", "/v/assets/app-abc123.js")] {
            let found = find::<Sample>("/patients/p-1", &BasePath::new(base), &HeaderMap::new());
            let response = found.unwrap();
            let tag = header(&response, "etag").to_owned();
            assert!(tag.contains(base), "{tag}: a copy from another base path is not current");
            let page = text(response).await;
            assert!(page.contains(&format!("src=\"{script}\"")), "{page}");
        }
    }

    #[tokio::test]
    async fn a_binary_without_pages_explains_how_to_build_them() {
        let response =
            find::<NoPages>("/patients/p-1", &BasePath::new("/"), &HeaderMap::new()).unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(text(response).await.contains("cargo xtask ui"));
    }
}
