//! The evaluation of the watch, in one process without Kafka.
//!
//! ```text
//! Cohort (simulator) --> patient_day: one patient through every rule set --> Outcome
//!                                                                              |
//!                        matched: curves, matched sensitivity, bootstrap <-----+
//!                                     |
//! speed: readings/s, latency, memory --+--> report: tables
//! bands: rises of the displayed band --+--> figures: target/bench/watch.json
//! ```
//!
//! *Event*: an episode of the simulator in which the patient deteriorates. *Detected*: a rule set raises an alarm between its onset and
//! its end. *False alarm*: any other medium or high alarm, per patient-day.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]
#![expect(clippy::print_stdout, reason = "the table is the result")]

mod outcome;
mod plain_limits;
mod rule_set;
mod patient_day;

mod matched;
mod by_rule;
mod bands;
mod speed;
mod leads;
mod report;
mod figures;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

use crate::figures::Figures;

/// Evaluates the watch on simulated patients
#[derive(Debug, Parser)]
struct Options {
    /// Number of patient-days; one patient in five deteriorates
    #[arg(long, default_value_t = 1_000)]
    patients: u32,
    /// Simulated hours for each patient
    #[arg(long, default_value_t = 24)]
    hours: u32,
    /// Interval between two readings of a patient, seconds
    #[arg(long, default_value_t = 10)]
    interval_s: u32,
    /// Seed of the simulation and the bootstrap
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// File of the figures
    #[arg(long, default_value = "target/bench/watch.json")]
    out: PathBuf,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let days = patient_day::run_all(&options)?;
    let day_length = f64::from(options.hours) / 24.0;
    let results = matched::evaluate(&days, day_length, options.seed);
    let rises = bands::count(options.seed)?;
    let speed = speed::measure()?;
    report::print(&results, &days);
    by_rule::print(&days, f64::from(options.patients) * day_length);
    report::print_speed(&speed, rises);

    let mut figures = Figures::default();
    figures.add_run(&options);
    figures.add_speed(&speed, rises);
    for comparison in &results {
        figures.add_comparison(comparison);
    }
    figures.add_defaults(&results);
    figures.add_leads(&results, &days);
    figures.save(&options.out)?;
    println!("figures: {}", options.out.display());
    Ok(())
}
