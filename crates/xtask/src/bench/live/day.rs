//! One patient's day, and the statistics of the ward's, from a lake with a day of the whole ward.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::dashboard::Dashboard;
use crate::bench::figures::Figures;
use crate::bench::folder;
use crate::clock::now_ms;
use crate::demo::broker::Broker;
use crate::{command, say};

/// Patients of the lake, each with one reading per second.
const PATIENTS: u32 = 100;
const DAY_MS: i64 = 86_400_000;

/// Charts of a patient; the median counts, each of another patient.
const CHARTS: usize = 5;

/// Measures a dashboard that has just started, and again once it has read the table.
pub(super) async fn measure(fresh: bool, figures: &mut Figures) -> Result<()> {
    let (lake, from_ms) = prepare(fresh)?;
    // A broker without readings: the dashboard has only the lake to read.
    let broker = Broker::start()?;
    let bootstrap = broker.bootstrap_servers();
    let period = format!("from_ms={from_ms}&to_ms={}", from_ms + DAY_MS);
    let mut first = Vec::new();
    let mut second = Vec::new();
    for patient in 0..CHARTS {
        let dashboard = Dashboard::start(&bootstrap, &lake).await?;
        let chart = format!("/api/history?patient_id=day-{:03}&{period}&points=600", 7 * patient);
        for times in [&mut first, &mut second] {
            let (history, elapsed_ms) = dashboard.timed_json(&chart).await?;
            ensure!(history["rows"] == 86_400, "the day has {} readings", history["rows"]);
            times.push(elapsed_ms);
        }
        dashboard.stop().await?;
    }
    figures.set("day_first_ms", median(first));
    figures.set("day_second_ms", median(second));

    let dashboard = Dashboard::start(&bootstrap, &lake).await?;
    let (statistics, elapsed_ms) =
        dashboard.timed_json(&format!("/api/statistics?{period}")).await?;
    let expected = u64::from(PATIENTS) * 86_400;
    ensure!(statistics["readings"] == expected, "{} readings", statistics["readings"]);
    figures.set("statistics_day_ms", elapsed_ms);
    dashboard.stop().await
}

/// The lake, written unless an earlier run has, and the start of its day, ms since the epoch.
fn prepare(fresh: bool) -> Result<(PathBuf, i64)> {
    let dir = folder().join("live-day");
    let lake = dir.join("lake");
    let stamp = dir.join("from_ms");
    if !fresh && let Some(from_ms) = stamped(&stamp) {
        return Ok((lake, from_ms));
    }
    if dir.exists() {
        std::fs::remove_dir_all(&dir).context("removing the lake of an earlier run")?;
    }
    std::fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
    let from_ms = (now_ms() / DAY_MS - 1) * DAY_MS;
    say!("writing a day of {PATIENTS} patients to {}", lake.display());
    let example = ["run", "--release", "-q", "-p", "vitals-lake", "--example", "day_lake", "--"];
    let args = [lake.display().to_string(), PATIENTS.to_string(), from_ms.to_string()];
    command::run(command::cargo(&example).args(args))?;
    // Written last, so that an interrupted run starts over.
    std::fs::write(&stamp, from_ms.to_string()).context("writing the stamp")?;
    Ok((lake, from_ms))
}

fn stamped(stamp: &Path) -> Option<i64> {
    std::fs::read_to_string(stamp).ok()?.parse().ok()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
