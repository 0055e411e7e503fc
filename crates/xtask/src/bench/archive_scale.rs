//! Commit time against the number of live files and of partitions, on the local disk and on HDFS.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Map, Value};

use super::archive::topic::empty_folder;
use super::figures::Figures;
use super::goals::{self, Bound, Goal};
use super::table::{Table, number};
use crate::services::{Lifetime, Ports, Services};
use crate::tools::{self, JAVA, MAVEN};
use crate::{command, say};

/// A commit may take at most this many times longer in a large table than in a small one.
const FLAT: Bound = Bound::AtMost(1.5);

/// A ratio of a large table to a small one: its name, and the figures of both.
type Comparison = (&'static str, &'static str, &'static str);

const COMPARISONS: [Comparison; 4] = [
    ("files_100000_over_100", "commit_ms_100000_files", "commit_ms_100_files"),
    ("partitions_2000_over_12", "commit_ms_2000_partitions", "commit_ms_12_partitions"),
    ("hdfs_files_100000_over_100", "hdfs_commit_ms_100000_files", "hdfs_commit_ms_100_files"),
    (
        "hdfs_partitions_2000_over_12",
        "hdfs_commit_ms_2000_partitions",
        "hdfs_commit_ms_12_partitions",
    ),
];

const GOALS: [Goal; 4] = [
    goal("100,000 over 100 files", COMPARISONS[0].0),
    goal("2,000 over 12 partitions", COMPARISONS[1].0),
    goal("100,000 over 100 files, HDFS", COMPARISONS[2].0),
    goal("2,000 over 12 partitions, HDFS", COMPARISONS[3].0),
];

const fn goal(description: &'static str, figure: &'static str) -> Goal {
    Goal { description, figure, bound: FLAT, unit: "x" }
}

/// Options of `bench archive-scale`.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Omit HDFS, which needs Java and Maven
    #[arg(long)]
    no_hdfs: bool,
}

/// Runs the bench, and prints and saves its figures.
///
/// # Errors
/// Returns an error if a program can't be built or started, or a commit fails.
pub async fn run(options: Options) -> Result<ExitCode> {
    let mut figures = Figures::new("archive-scale");
    let mut table = Table::new(&["table", "commit, median ms", "calls of the NameNode"]);
    // Tables of the last run would begin with its commits.
    let local = empty_folder("scale")?;
    let measured = measure(&[&local.display().to_string()])?;
    record(&mut figures, &mut table, "", &measured);
    if !options.no_hdfs {
        tools::ensure(&[&JAVA, &MAVEN])?;
        let dir = empty_folder("scale-hdfs")?;
        let services = Services::start(&dir, Ports::free()?, Lifetime::Bound).await?;
        let name_node = format!("127.0.0.1:{}", services.ports().namenode_http);
        let measured = measure(&[&format!("{}/scale", services.hdfs()), &name_node]);
        services.stop().await?;
        record(&mut figures, &mut table, "hdfs_", &measured?);
    }
    table.print();
    for (name, large, small) in COMPARISONS {
        figures.ratio(name, large, small);
    }
    goals::print(&GOALS, &figures);
    say!("\nfigures in {}", figures.save()?.display());
    Ok(ExitCode::SUCCESS)
}

/// Measures tables below the lake of the arguments, in a process of its own.
fn measure(args: &[&str]) -> Result<Map<String, Value>> {
    say!("synthetic tables below {}; filling them takes minutes", args.first().unwrap_or(&""));
    let example = ["run", "--release", "-q", "-p", "vitals-lake", "--example", "archive_scale"];
    let text = command::output(command::cargo(&example).arg("--").args(args))?;
    serde_json::from_str(text.trim()).context("the figures of the bench")
}

/// Sets the figures of one lake, with a prefix, and adds a row for each of its tables.
fn record(figures: &mut Figures, table: &mut Table, prefix: &str, measured: &Map<String, Value>) {
    let value = |name: &str| measured.get(name).and_then(Value::as_f64);
    for name in measured.keys() {
        figures.set(&format!("{prefix}{name}"), value(name).unwrap_or(f64::NAN));
        let Some(size) = name.strip_prefix("commit_ms_") else { continue };
        let calls = value(&format!("calls_per_commit_{size}")).map_or_else(String::new, number);
        let time = number(value(name).unwrap_or(f64::NAN));
        table.row([format!("{prefix}{size}").replace('_', " "), time, calls]);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_figures_of_a_lake_have_its_prefix() {
        let measured = json!({"commit_ms_100_files": 7.5, "calls_per_commit_100_files": 11.0});
        let mut figures = Figures::new("archive-scale");
        let mut table = Table::new(&["table", "ms", "calls"]);
        record(&mut figures, &mut table, "hdfs_", measured.as_object().unwrap());
        assert_eq!(figures.get("hdfs_commit_ms_100_files"), Some(7.5));
        assert_eq!(figures.get("hdfs_calls_per_commit_100_files"), Some(11.0));
        assert_eq!(table.lines().len(), 2);
        assert!(table.lines()[1].starts_with("hdfs 100 files"), "{:?}", table.lines());
    }

    #[test]
    fn every_goal_has_its_comparison() {
        for ((name, ..), goal) in COMPARISONS.iter().zip(GOALS) {
            assert_eq!(*name, goal.figure);
        }
    }
}
