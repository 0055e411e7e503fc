//! The ward page in Chromium: first paint, long tasks, size.

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use serde_json::{Map, Value};

use crate::bench::figures::Figures;
use crate::bench::folder;
use crate::{command, paths, process, tools, ui};

/// Opens the ward page of `dashboard` and sets the figures that `e2e/ward.bench.ts` measures.
pub(super) async fn measure(dashboard: &str, figures: &mut Figures) -> Result<()> {
    ui::install()?;
    let file = folder().join("live-browser.json");
    let mut command = command::program("npm", &paths::ui(), &["run", "bench"]);
    command.env("DASHBOARD_URL", dashboard).env("BENCH_FILE", &file);
    if let Some(chromium) = tools::chromium() {
        command.env("CHROMIUM_PATH", chromium);
    }
    process::die_with_parent(&mut command, Signal::SIGTERM);
    // The load and the broker run on in this process.
    let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn()?;
    let status = child.wait().await?;
    ensure!(status.success(), "`npm run bench` failed ({status})");
    let text = std::fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
    let measured: Map<String, Value> = serde_json::from_slice(&text)?;
    for (name, value) in &measured {
        figures.set(name, value.as_f64().unwrap_or(f64::NAN));
    }
    Ok(())
}
