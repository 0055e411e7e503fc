//! Check of the page: HTML and the scripts that it references.

use std::time::Duration;

use anyhow::{Result, ensure};
use reqwest::Client;

use super::super::layout::Addresses;

/// Fetches the page and its scripts, as a browser does.
pub(super) async fn served(client: &Client, at: &Addresses) -> Result<String> {
    let root = format!("http://{}/", at.dashboard);
    let page = get(client, &root, "text/html").await?;
    let scripts = scripts(&page);
    ensure!(!scripts.is_empty(), "the page references no script: run `cargo xtask ui`");
    let mut bytes = 0;
    for script in scripts {
        let url = format!("{root}{}", script.trim_start_matches(['.', '/']));
        bytes += get(client, &url, "text/javascript").await?.len();
    }
    Ok(format!("the page with {} KiB of script", bytes / 1024))
}

async fn get(client: &Client, url: &str, kind: &str) -> Result<String> {
    let response = client.get(url).timeout(Duration::from_secs(10)).send().await?;
    let status = response.status();
    ensure!(status.is_success(), "GET {url} returned {status}");
    let content_type = response.headers().get("content-type").and_then(|it| it.to_str().ok());
    ensure!(
        content_type.is_some_and(|content_type| content_type.starts_with(kind)),
        "GET {url} returned {content_type:?}, not {kind}"
    );
    Ok(response.text().await?)
}

/// The `src` attributes of a page's scripts.
fn scripts(page: &str) -> Vec<&str> {
    let tags = page.split("<script").skip(1).filter_map(|rest| rest.split('>').next());
    tags.filter_map(|tag| tag.split_once("src=\"")?.1.split('"').next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_with_a_source_are_listed() {
        let page = "<script src=\"/theme.js\"></script><p>\
                    <script type=\"module\" crossorigin src=\"/assets/a.js\"></script>";
        assert_eq!(scripts(page), ["/theme.js", "/assets/a.js"]);
        assert!(scripts("<script>inline()</script>").is_empty());
        assert!(scripts("<p>no page</p>").is_empty());
    }
}
