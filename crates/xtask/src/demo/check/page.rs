//! The page itself: HTML with a script that is there.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use reqwest::Client;

use super::super::plan::Addresses;

/// Gets the page and the script that it names, as a browser would.
pub(super) async fn served(client: &Client, at: &Addresses) -> Result<String> {
    let root = format!("http://{}/", at.dashboard);
    let page = get(client, &root, "text/html").await?;
    let script = script(&page).context("the page names no script: is the UI built?")?;
    let url = format!("{root}{}", script.trim_start_matches(['.', '/']));
    let code = get(client, &url, "text/javascript").await?;
    Ok(format!("the page and {} KiB of script", code.len() / 1024))
}

async fn get(client: &Client, url: &str, kind: &str) -> Result<String> {
    let response = client.get(url).timeout(Duration::from_secs(10)).send().await?;
    let status = response.status();
    ensure!(status.is_success(), "GET {url} answers {status}");
    let got = response.headers().get("content-type").and_then(|got| got.to_str().ok());
    ensure!(
        got.is_some_and(|got| got.starts_with(kind)),
        "GET {url} answers with {got:?}, not {kind}"
    );
    Ok(response.text().await?)
}

/// The address of the first script of a page.
fn script(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("<script")?;
    let (tag, _) = rest.split_once('>')?;
    let (_, rest) = tag.split_once("src=\"")?;
    rest.split_once('"').map(|(source, _)| source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_found() {
        let page = "<head><script type=\"module\" crossorigin src=\"/assets/a.js\"></script>";
        assert_eq!(script(page), Some("/assets/a.js"));
        assert_eq!(script("<script>inline()</script>"), None);
        assert_eq!(script("<p>no page</p>"), None);
    }
}
