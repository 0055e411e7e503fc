use std::borrow::Cow;

use axum::body::to_bytes;

use super::*;

#[derive(RustEmbed)]
#[folder = "tests/sample-ui"]
struct Sample;

/// Where nothing was built.
struct Nothing;

impl RustEmbed for Nothing {
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
    String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
}

fn get(path: &str) -> Option<Response> {
    find::<Sample>(path, &HeaderMap::new())
}

#[tokio::test]
async fn every_address_that_is_no_file_is_the_application() {
    for path in ["/", "/index.html", "/patients/p-0042", "/patients/p.12", "/risk"] {
        let response = get(path).unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8", "{path}");
        assert_eq!(header(&response, "cache-control"), "no-cache", "{path}");
        assert!(text(response).await.contains("<title>sample</title>"), "{path}");
    }
}

#[tokio::test]
async fn files_have_their_type_and_hashed_ones_are_kept_for_ever() {
    let cases = [
        ("/assets/app-abc123.js", "text/javascript; charset=utf-8", true),
        ("/theme.css", "text/css; charset=utf-8", false),
    ];
    for (path, kind, kept) in cases {
        let response = get(path).unwrap();
        assert_eq!(header(&response, "content-type"), kind, "{path}");
        assert_eq!(header(&response, "cache-control").contains("immutable"), kept, "{path}");
    }
    assert!(get("/assets/app-old999.js").is_none(), "not the page in place of a script");
}

#[test]
fn what_the_browser_has_is_not_sent_again() {
    let tag = header(&get("/").unwrap(), "etag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    let known = |tags: &str| {
        let headers = HeaderMap::from_iter([(IF_NONE_MATCH, tags.parse().unwrap())]);
        find::<Sample>("/", &headers).unwrap().status()
    };
    assert_eq!(known(&tag), StatusCode::NOT_MODIFIED);
    assert_eq!(known(&format!("\"other\", {tag}")), StatusCode::NOT_MODIFIED);
    assert_eq!(known("\"other\""), StatusCode::OK);
}

#[tokio::test]
async fn without_pages_it_says_how_to_build_them() {
    let response = find::<Nothing>("/patients/p-1", &HeaderMap::new()).unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(text(response).await.contains("cargo xtask ui"));
}
