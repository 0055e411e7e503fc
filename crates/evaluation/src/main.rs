//! The evaluation of the watch, in one process without Kafka.
//!
//! ```text
//! Cohort (simulator) -+> patient_day: one patient through every rule set --> Outcome
//! recordings, labels -+                                                        |
//!                        matched: curves, matched sensitivity, bootstrap <-----+
//!                                     |
//! speed: readings/s, latency, memory --+--> report: tables
//! bands: rises of the displayed band --+--> figures: target/bench/watch.json
//! ```
//!
//! *Event*: an episode of the simulator or of the labels in which the patient deteriorates. *Detected*: a
//! rule set raises an alarm between its onset and its end. *False alarm*: any other medium or high alarm,
//! per patient-day.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]
#![expect(clippy::print_stdout, reason = "the table is the result")]

mod outcome;
mod plain_limits;
mod rule_set;
mod patient_day;
mod labels;
mod recordings;

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
use producer::replay::Elapsed;

use crate::{figures::Figures, matched::Comparison, patient_day::PatientDay};

/// Evaluates the watch on simulated patients, or on recordings
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
    /// Folder of recordings to evaluate in place of simulated patients: files that `producer replay`
    /// reads
    #[arg(long, requires = "labels", value_name = "FOLDER")]
    recordings: Option<PathBuf>,
    /// CSV file of the deteriorations in the recordings: patient_id, onset_s and end_s (seconds
    /// since the start of the recording), label. Patients without a line do not deteriorate
    #[arg(long, requires = "recordings", value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Mapping of the recordings' columns, as in `producer replay --map`
    #[arg(long, requires = "recordings", value_name = "PROFILE|FILE.toml")]
    map: Option<String>,
    /// Unit of the recordings' elapsed times, as in `producer replay --elapsed`
    #[arg(long, requires = "recordings", value_name = "UNIT")]
    elapsed: Option<Elapsed>,
    /// File of the figures
    #[arg(long, default_value = "target/bench/watch.json")]
    out: PathBuf,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let Some((folder, labels)) = options.recordings.as_deref().zip(options.labels.as_deref())
    else {
        return evaluate_simulation(&options);
    };
    let days = recordings::run_all(folder, labels, &options)?;
    let results = matched::evaluate(&days, options.seed);
    report::print(&results, &days);
    by_rule::print(&days);
    save(Figures::default(), &options, &results, &days)
}

fn evaluate_simulation(options: &Options) -> Result<()> {
    let days = patient_day::run_all(options)?;
    let results = matched::evaluate(&days, options.seed);
    let rises = bands::count(options.seed)?;
    let speed = speed::measure()?;
    report::print(&results, &days);
    by_rule::print(&days);
    report::print_speed(&speed, rises);
    let mut figures = Figures::default();
    figures.add_simulation(options, &speed, rises);
    save(figures, options, &results, &days)
}

/// Adds the figures that every evaluation has, and writes all of them.
fn save(
    mut figures: Figures,
    options: &Options,
    results: &[Comparison],
    days: &[PatientDay],
) -> Result<()> {
    figures.add_patients(days);
    for comparison in results {
        figures.add_comparison(comparison);
    }
    figures.add_defaults(results);
    figures.add_leads(results, days);
    figures.save(&options.out)?;
    println!("figures: {}", options.out.display());
    Ok(())
}
