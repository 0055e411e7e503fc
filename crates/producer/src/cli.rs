//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, value_parser};
use vitals_core::{domain::decode::MAX_TEXT_BYTES, runtime::service::CommonArgs};

use crate::{context::ContextCommand, replay::Elapsed};

/// Sends simulated or recorded vitals to Kafka
#[derive(Debug, Clone, Parser)]
#[command(name = "producer", version)]
pub struct Cli {
    /// Options shared by all services.
    #[command(flatten)]
    common: CommonArgs,
    /// Partitions of the topic if the producer has to create it
    #[arg(long, global = true, value_name = "N", default_value_t = 6,
          value_parser = value_parser!(i32).range(1..))]
    create_topic_partitions: i32,
    /// Source of the readings; `simulate` with its defaults if omitted
    #[command(subcommand)]
    command: Option<Command>,
}

impl Cli {
    /// Splits the command line into the options of every service and the job of this run.
    #[must_use]
    pub fn into_parts(self) -> (CommonArgs, Job) {
        let job = Job {
            create_topic_partitions: self.create_topic_partitions,
            command: self.command.unwrap_or_default(),
        };
        (self.common, job)
    }
}

/// The job of one run: a source of readings and the topic to send them to.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Partitions of the topic if the producer has to create it.
    pub create_topic_partitions: i32,
    /// The source of the readings.
    pub command: Command,
}

/// The source of the readings.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Command {
    /// Simulate patients, some of whom deteriorate and recover
    Simulate(SimulateArgs),
    /// Replay a recording: CSV of many kinds, or WFDB numerics
    Replay(ReplayArgs),
    /// Read or write the contexts of patients: SpO2 scale, age, pregnancy, admission
    #[command(subcommand)]
    Context(ContextCommand),
    /// Request /health of the running service; exit status 1 unless it responds with 200
    Healthcheck,
}

impl Default for Command {
    fn default() -> Self {
        Self::Simulate(SimulateArgs::default())
    }
}

/// Options of `simulate`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct SimulateArgs {
    /// Number of patients
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub patients: u32,
    /// Readings per second of all patients together; 0 sends as fast as the broker accepts
    /// [default: one per second and patient]
    #[arg(long, value_name = "READINGS_PER_S", value_parser = rate)]
    pub rate: Option<f64>,
    /// Seed of the simulation; equal seeds give equal patients
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Stop after this many readings [default: run until stopped]
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
    /// Timestamp of the first reading, ms since the Unix epoch; later readings follow in simulated
    /// time [default: the wall clock]
    #[arg(long, value_name = "MS", value_parser = start_ms)]
    pub start_ms: Option<i64>,
    /// TOML file with the patients and their episodes; patients that it does not list stay well
    /// [default: three of ten patients deteriorate and recover again and again]
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// Names of the wards, which share the patients evenly
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_values = ["A1", "A2"],
          value_parser = text)]
    pub wards: Vec<String>,
}

impl Default for SimulateArgs {
    fn default() -> Self {
        Self {
            patients: 20,
            rate: None,
            seed: 1,
            count: None,
            start_ms: None,
            scenario: None,
            wards: vec!["A1".to_owned(), "A2".to_owned()],
        }
    }
}

/// Options of `replay`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct ReplayArgs {
    /// CSV file, output of `rdsamp`, or header of a WFDB record (`.hea`)
    pub file: PathBuf,
    /// Mapping of columns to vitals: a profile (readings, mimic, wfdb, bidmc, vitaldb, eicu,
    /// vscapture, vscapture-long) or a TOML file [default: the profile that knows most columns]
    #[arg(long, value_name = "PROFILE|FILE.toml")]
    pub map: Option<String>,
    /// Unit of times that count from the start of the recording
    #[arg(long, value_name = "UNIT")]
    pub elapsed: Option<Elapsed>,
    /// Read the whole file without a broker, and report every problem with line and column
    #[arg(long)]
    pub check: bool,
    /// Speed relative to the recording; 0 sends as fast as the broker accepts
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = rate)]
    pub speed: f64,
    /// Patient id, overrides the file's [default without a column for it: the file's name]
    #[arg(long, value_name = "ID", value_parser = text)]
    pub patient_id: Option<String>,
    /// Ward, overrides the file's
    #[arg(long, value_parser = text)]
    pub ward: Option<String>,
    /// Shift the recording to start at this time, ms since the Unix epoch
    #[arg(long, value_name = "MS", value_parser = start_ms, conflicts_with = "now")]
    pub start_ms: Option<i64>,
    /// Shift the recording to now and keep its intervals: at a speed above 1, or 0, the last
    /// reading has the time of its sending, else the first. With --loop, every reading has the time
    /// of its sending, as it has by default if the recording has no dates
    #[arg(long)]
    pub now: bool,
    /// Restart at the end of the recording
    #[arg(long = "loop")]
    pub repeat: bool,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate == 0.0 || (1e-6..=1e9).contains(&rate) => Ok(rate),
        _ => Err("must be 0 or a number from 0.000001 to 1000000000".to_owned()),
    }
}

fn start_ms(text: &str) -> Result<i64, String> {
    // Readers of the topic interpret smaller numbers as seconds.
    match text.parse::<i64>() {
        Ok(ms) if (100_000_000_000..10_000_000_000_000).contains(&ms) => Ok(ms),
        _ => Err("must be a time in ms since the Unix epoch".to_owned()),
    }
}

fn text(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.len() > MAX_TEXT_BYTES {
        return Err(format!("must have 1 to {MAX_TEXT_BYTES} bytes"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Job, clap::Error> {
        let words = std::iter::once("producer").chain(line.split_whitespace());
        Cli::try_parse_from(words).map(|cli| cli.into_parts().1)
    }

    #[test]
    fn without_a_command_the_job_is_a_default_simulation() {
        let job = parse("").unwrap();
        assert_eq!(job, parse("simulate").unwrap());
        assert_eq!(job.command, Command::Simulate(SimulateArgs::default()));
        assert_eq!(job.create_topic_partitions, 6);
    }

    #[test]
    fn options_are_parsed() {
        let Command::Simulate(args) =
            parse("simulate --patients 3 --rate 0 --seed 9 --count 7 --wards A,B").unwrap().command
        else {
            panic!("not simulate")
        };
        assert_eq!((args.patients, args.rate, args.seed, args.count), (3, Some(0.0), 9, Some(7)));
        assert_eq!(args.wards, ["A", "B"]);

        let line = "replay f.csv --speed 60 --patient-id x --now --loop --map eicu --elapsed min --create-topic-partitions 3";
        let job = parse(line).unwrap();
        assert_eq!(job.create_topic_partitions, 3);
        let Command::Replay(args) = job.command else { panic!("not replay") };
        assert!(args.now && args.repeat && args.start_ms.is_none());
        assert_eq!((args.speed, args.patient_id.as_deref()), (60.0, Some("x")));
        assert_eq!((args.map.as_deref(), args.elapsed), (Some("eicu"), Some(Elapsed::Min)));
    }

    #[test]
    fn invalid_options_are_rejected() {
        for line in [
            "simulate --patients 0",
            "simulate --rate -1",
            "simulate --rate nan",
            "simulate --rate inf",
            "simulate --start-ms 1763812800",
            "simulate --wards ,",
            "replay",
            "replay f.csv --speed -2",
            "replay f.csv --elapsed weeks",
            "replay f.csv --patient-id=",
            "replay f.csv --now --start-ms 1763812800000",
            "simulate --create-topic-partitions 0",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
