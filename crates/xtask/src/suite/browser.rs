//! The browser test: the pages in a real Chromium, against a running demo.

use anyhow::{Result, anyhow, bail};
use nix::sys::signal::Signal;

use crate::demo::{self, Demo, DemoOptions};
use crate::{command, paths, process, say, tools, ui};

/// Starts a demo, runs the Playwright tests against it, and stops it.
pub(super) async fn test() -> Result<()> {
    ui::install()?;
    demo::ensure_model()?;
    let mut demo = Demo::start(DemoOptions { patients: 24, free_ports: true }).await?;
    let url = demo.url();
    let model_server = demo.model_server();
    say!("testing {url}");
    // A service that ends fails the test immediately instead of by timeouts.
    let outcome = tokio::select! {
        outcome = playwright(&url, &model_server) => outcome,
        (name, _) = demo.service_ended() => Err(anyhow!("{name} ended during the test")),
    };
    demo.stop().await;
    outcome
}

async fn playwright(url: &str, model_server: &str) -> Result<()> {
    let mut command = command::program("npm", &paths::ui(), &["run", "e2e"]);
    command.env("DASHBOARD_URL", url).env("MODEL_SERVER_URL", model_server);
    if let Some(chromium) = tools::chromium() {
        command.env("CHROMIUM_PATH", chromium);
    }
    process::die_with_parent(&mut command, Signal::SIGTERM);
    let status = tokio::process::Command::from(command).kill_on_drop(true).spawn()?.wait().await?;
    if !status.success() {
        bail!("`npm run e2e` failed ({status})");
    }
    Ok(())
}
