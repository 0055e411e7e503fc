//! Commit time against the number of live files and of partitions, on the local disk.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Map, Value};

use super::figures::Figures;
use super::folder;
use super::table::{Table, number};
use crate::{command, say};

/// A commit may take at most this many times longer in a large table than in a small one.
const FLAT: f64 = 1.5;

/// The comparisons of a large table with a small one.
const COMPARISONS: [(&str, &str, &str); 2] = [
    ("files_100000_over_100", "commit_ms_100000_files", "commit_ms_100_files"),
    ("partitions_2000_over_12", "commit_ms_2000_partitions", "commit_ms_12_partitions"),
];

/// Options of `bench archive-scale`.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Root of the tables, for example hdfs://127.0.0.1:9000/scale [default: target/bench/scale]
    #[arg(long)]
    lake: Option<String>,
}

/// Runs the bench, and prints and saves its figures.
///
/// # Errors
/// Returns an error if the program can't be built or a commit fails.
pub fn run(options: Options) -> Result<ExitCode> {
    let local = folder().join("scale");
    // Tables of the last run would begin with its commits.
    if options.lake.is_none() && local.exists() {
        std::fs::remove_dir_all(&local).context("removing the tables of the last run")?;
    }
    let lake = options.lake.unwrap_or_else(|| local.display().to_string());
    say!("synthetic tables below {lake}; filling them takes minutes");
    let example = ["run", "--release", "-q", "-p", "vitals-lake", "--example", "archive_scale"];
    let text = command::output(command::cargo(&example).args(["--", &lake]))?;
    let measured: Map<String, Value> =
        serde_json::from_str(text.trim()).context("the figures of the bench")?;

    let mut figures = Figures::new("archive-scale");
    let mut table = Table::new(&["commit, median", "ms"]);
    for (name, value) in &measured {
        let value = value.as_f64().unwrap_or(f64::NAN);
        figures.set(name, value);
        table.row([name.trim_start_matches("commit_ms_").replace('_', " "), number(value)]);
    }
    table.print();
    for (name, large, small) in COMPARISONS {
        figures.ratio(name, large, small);
        if let Some(ratio) = figures.get(name) {
            say!("{}: {ratio:.2} (goal: at most {FLAT})", name.replace('_', " "));
        }
    }
    say!("\nfigures in {}", figures.save()?.display());
    Ok(ExitCode::SUCCESS)
}
