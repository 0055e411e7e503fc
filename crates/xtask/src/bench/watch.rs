//! The watch: an evaluation on simulated patients, speed and memory, in a process of its own.
//!
//! The crate `evaluation` does the work. It depends on neither the lake nor this tool, so its release
//! build takes minutes, and the other binaries are not built for it.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use super::figures::Figures;
use super::goals::{self, Bound, Goal};
use super::{folder, release};
use crate::command;

/// Options of `bench watch`.
#[derive(Args, Debug)]
pub struct Options {
    /// Number of patient-days; one patient in five deteriorates
    #[arg(long, default_value_t = 1_000)]
    patients: u32,
    /// Interval between two readings of a patient, seconds
    #[arg(long, default_value_t = 10)]
    interval_s: u32,
    /// Seed of the simulation and the bootstrap
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

const GOALS: [Goal; 2] = [
    Goal {
        description: "false alarms of the watch over plain limits, at the same sensitivity",
        figure: "false_alarm_ratio",
        bound: Bound::AtMost(0.5),
        unit: "x",
    },
    Goal {
        description: "the same, if only medium and high alarms detect",
        figure: "false_alarm_ratio_strict",
        bound: Bound::AtMost(0.5),
        unit: "x",
    },
];

/// Builds the evaluation unless `no_build`, runs it, and prints the goals.
///
/// # Errors
/// Returns an error if the build or the evaluation fails.
pub fn run(options: &Options, no_build: bool) -> Result<ExitCode> {
    if !no_build {
        command::run(&mut command::cargo(&["build", "--release", "--package", "evaluation"]))?;
    }
    let file = folder().join("watch.json");
    let file = file.to_str().context("the target folder's path is not UTF-8")?;
    let program = release::binary("evaluation")?;
    let arguments = [
        ("--patients", options.patients.to_string()),
        ("--interval-s", options.interval_s.to_string()),
        ("--seed", options.seed.to_string()),
        ("--out", file.to_owned()),
    ];
    let arguments: Vec<_> =
        arguments.iter().flat_map(|(name, value)| [*name, value.as_str()]).collect();
    command::run(&mut command::program(program, &crate::paths::root(), &arguments))?;
    goals::print(&GOALS, &Figures::read("watch")?);
    Ok(ExitCode::SUCCESS)
}
