//! The measurements, one after the other, and their goals.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Args;
use tokio::time::sleep;

use super::clients::Clients;
use super::dashboard::Dashboard;
use super::feed::Feed;
use super::streamlit::{Outcome, Streamlit};
use super::{browser, day};
use crate::bench::archive::topic::empty_folder;
use crate::bench::figures::Figures;
use crate::bench::goals::{self, Bound, Goal};
use crate::bench::sampler::{Sampler, Usage};
use crate::bench::table::{Table, number};
use crate::demo::broker::Broker;
use crate::say;
use crate::tools::{self, CHROMIUM, PYTHON};

/// Warm-up after which the dashboard's memory should stay flat, seconds.
const FULL_TRENDS_S: u32 = 180;

const GOALS: [Goal; 11] = [
    at_most("reading to client, p95", "p95_ms", 100.0, " ms"),
    // A load that falls behind, or readings that clients never see, would flatter the latency.
    Goal {
        description: "readings received by the clients",
        figure: "received_share",
        bound: Bound::AtLeast(0.99),
        unit: "x",
    },
    at_most("processors", "cpu_cores", 1.0, ""),
    at_most("peak memory", "peak_rss_mib", 300.0, " MiB"),
    at_most("memory at the end over the start", "rss_end_over_start", 1.1, "x"),
    at_most("longest task of the ward page", "ward_longest_task_ms", 50.0, " ms"),
    at_most("longest task while it loads", "ward_load_longest_task_ms", 50.0, " ms"),
    at_most("first paint", "ward_first_paint_ms", 1_000.0, " ms"),
    at_most("UI, compressed", "ui_gzip_kb", 150.0, " kB"),
    at_most("a patient's day, first", "day_first_ms", 500.0, " ms"),
    at_most("a patient's day, again", "day_second_ms", 100.0, " ms"),
];

const fn at_most(
    description: &'static str,
    figure: &'static str,
    limit: f64,
    unit: &'static str,
) -> Goal {
    Goal { description, figure, bound: Bound::AtMost(limit), unit }
}

/// Options of `bench live`.
#[derive(Args, Debug)]
pub struct Options {
    /// Patients, each with one reading per second
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    patients: u32,
    /// Clients of the live stream
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    clients: u32,
    /// Duration of each measurement, seconds
    #[arg(long, value_name = "S", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Time between the connection of the clients and the measurement, seconds
    #[arg(long, value_name = "S", default_value_t = 10)]
    warm_up: u32,
    /// Interval at which Streamlit refreshes the page, ms
    #[arg(long, value_name = "MS", default_value_t = 250)]
    streamlit_refresh_ms: u32,
    /// Skip a measurement; may be repeated
    #[arg(long, value_name = "PART")]
    skip: Vec<Part>,
    /// Write the lake of the patient's day again
    #[arg(long)]
    fresh: bool,
}

/// A part of the bench; they run in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// The clients of the live stream
    Clients,
    /// The ward page in Chromium
    Browser,
    /// Streamlit with one client and with ten
    Streamlit,
    /// One patient's day from the lake
    Day,
}

impl Options {
    fn runs(&self, part: Part) -> bool {
        !self.skip.contains(&part)
    }

    /// Number of readings that so many `clients` receive in so many seconds if they receive all.
    fn readings(&self, clients: u32, seconds: f64) -> f64 {
        f64::from(self.patients) * f64::from(clients) * seconds
    }
}

/// Runs the bench.
///
/// # Errors
/// Returns an error if a server can't be started or a client receives no readings.
pub async fn run(options: Options) -> Result<ExitCode> {
    let mut needed = Vec::new();
    if options.runs(Part::Browser) {
        needed.push(&CHROMIUM);
    }
    if options.runs(Part::Streamlit) {
        needed.push(&PYTHON);
    }
    tools::ensure(&needed)?;
    let mut figures = Figures::new("live");
    figures.set("patients", f64::from(options.patients));
    figures.set("clients", f64::from(options.clients));
    figures.set("seconds", f64::from(options.seconds));
    let broker = Broker::start()?;
    let bootstrap = broker.bootstrap_servers();

    // The load ends before the lake is read.
    let feed = Feed::start(&bootstrap, options.patients)?;
    let live = measure_live(&bootstrap, &options, &mut figures).await;
    feed.stop()?;
    drop(broker);
    live?;
    if options.runs(Part::Day) {
        day::measure(options.fresh, &mut figures).await?;
    }
    print(&figures);
    say!("\nfigures in {}", figures.save()?.display());
    Ok(ExitCode::SUCCESS)
}

async fn measure_live(bootstrap: &str, options: &Options, figures: &mut Figures) -> Result<()> {
    let lake = empty_folder("live")?.join("lake");
    let dashboard = Dashboard::start(bootstrap, &lake).await?;
    if options.runs(Part::Clients) {
        measure_clients(&dashboard, options, figures).await?;
    }
    if options.runs(Part::Browser) {
        browser::measure(&dashboard.url("/"), figures).await?;
    }
    dashboard.stop().await?;
    if options.runs(Part::Streamlit) {
        let server = Streamlit::start(bootstrap, options.streamlit_refresh_ms).await?;
        for (name, clients) in [("streamlit", 1), ("streamlit_10", 10)] {
            let outcome = server.measure(clients, options.seconds).await?;
            let expected = options.readings(clients, f64::from(options.seconds));
            record_peer(figures, name, outcome, expected);
        }
        server.stop().await?;
        figures.ratio("ours_over_streamlit_p95", "p95_ms", "streamlit_p95_ms");
    }
    Ok(())
}

async fn measure_clients(
    dashboard: &Dashboard,
    options: &Options,
    figures: &mut Figures,
) -> Result<()> {
    say!("{} clients for {} s", options.clients, options.seconds);
    let pid = dashboard.pid()?;
    let clients =
        Clients::open(&dashboard.url("/api/live"), options.clients, options.patients).await?;
    sleep(Duration::from_secs(u64::from(options.warm_up))).await;
    let before = Usage::of(pid);
    let start = Instant::now();
    let sampler = Sampler::start(pid);
    clients.measure();
    sleep(Duration::from_secs(u64::from(options.seconds))).await;
    let elapsed_s = start.elapsed().as_secs_f64();
    let after = Usage::of(pid);
    let samples = sampler.stop();
    let latencies = clients.close().await?;

    // Every client receives every reading, but for those on their way at either end.
    #[expect(clippy::cast_precision_loss, reason = "counts of a bench")]
    let received = latencies.count() as f64;
    let expected = options.readings(options.clients, elapsed_s);
    figures.set("received_share", received / expected);
    ensure!(received > 0.0, "no client received a reading");
    for (name, part) in [("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99), ("max_ms", 1.0)] {
        figures.set(name, latencies.quantile_ms(part));
    }
    figures.set("cpu_cores", (after.cpu_s - before.cpu_s) / elapsed_s);
    figures.set("rss_start_mib", before.rss_mib);
    figures.set("rss_half_mib", samples.rss_mib_at(0.5));
    figures.set("rss_mib", after.rss_mib);
    figures.set("peak_rss_mib", samples.total().peak_rss_mib);
    // The trends of the tiles fill in the first minutes.
    if options.warm_up >= FULL_TRENDS_S {
        figures.ratio("rss_end_over_start", "rss_mib", "rss_start_mib");
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "counts of a bench")]
fn record_peer(figures: &mut Figures, name: &str, outcome: Outcome, expected: f64) {
    let Outcome { latencies, cpu_cores, rss_mib } = outcome;
    let values = [
        ("received_share", Some(latencies.readings as f64 / expected)),
        ("p50_ms", latencies.p50_ms),
        ("p95_ms", latencies.p95_ms),
        ("p99_ms", latencies.p99_ms),
        ("cpu_cores", Some(cpu_cores)),
        ("rss_mib", Some(rss_mib)),
    ];
    for (suffix, value) in values {
        if let Some(value) = value {
            figures.set(&format!("{name}_{suffix}"), value);
        }
    }
    // A server at its limits may deliver nothing.
    if latencies.readings == 0 {
        say!("{name}: no reading reached a client");
    }
}

fn print(figures: &Figures) {
    let mut table =
        Table::new(&["", "p50 ms", "p95 ms", "p99 ms", "received", "processors", "MiB"]);
    for (name, prefix) in
        [("dashboard", ""), ("Streamlit, 1 client", "streamlit_"), ("10 clients", "streamlit_10_")]
    {
        let columns = ["p50_ms", "p95_ms", "p99_ms", "received_share", "cpu_cores", "rss_mib"];
        let values: Option<Vec<f64>> =
            columns.iter().map(|column| figures.get(&format!("{prefix}{column}"))).collect();
        if let Some(values) = values {
            table.row(std::iter::once(name.to_owned()).chain(values.into_iter().map(number)));
        }
    }
    say!();
    table.print();
    goals::print(&GOALS, figures);
}
