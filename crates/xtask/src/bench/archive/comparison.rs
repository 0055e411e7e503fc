//! The runs, one after the other, and their comparison.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::topic::Topic;
use super::{baselines, consumer_run, drain};
use crate::bench::figures::Figures;
use crate::bench::goals::{self, Bound, Goal};
use crate::bench::sampler::Usage;
use crate::bench::table::{Table, number};
use crate::say;
use crate::terminal::{Colour, paint};
use crate::tools::{self, JAVA, MAVEN, PYTHON, Tool};

const GOALS: [Goal; 2] = [
    Goal {
        description: "consumer over drain, msg/s",
        figure: "ours_over_drain",
        bound: Bound::AtLeast(0.5),
        unit: "x",
    },
    Goal {
        description: "consumer over Python, msg/s",
        figure: "ours_over_python",
        bound: Bound::AtLeast(20.0),
        unit: "x",
    },
];

/// A program that reads the topic; the variants run in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Contestant {
    /// librdkafka alone, which only counts bytes
    Drain,
    /// The consumer
    Ours,
    /// confluent-kafka and pandas, on a part of the topic
    Python,
    /// Spark Structured Streaming
    Spark,
}

impl Contestant {
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// Options of `bench archive`.
#[derive(Args, Debug)]
pub struct Options {
    /// Readings in the topic
    #[arg(long, value_name = "N", default_value_t = 10_000_000)]
    messages: u64,
    /// Readings for the Python consumer, which is slow but steady
    #[arg(long, value_name = "N", default_value_t = 500_000)]
    python_messages: u64,
    /// Refill the topic even if its content matches
    #[arg(long)]
    fresh: bool,
    /// Skip this contestant; may be repeated
    #[arg(long, value_name = "WHO")]
    skip: Vec<Contestant>,
}

impl Options {
    fn contestants(&self) -> Vec<Contestant> {
        let all = Contestant::value_variants().iter().copied();
        all.filter(|contestant| !self.skip.contains(contestant)).collect()
    }
}

/// The result of one run.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    /// Messages processed in [`Outcome::time`].
    pub(super) messages: u64,
    /// Time from the first fetchable message to the last stored one.
    pub(super) time: Duration,
    /// Resources used by the whole process, including its startup.
    pub(super) usage: Usage,
    /// Parquet on disk, bytes; 0 if the run stores nothing.
    pub(super) bytes: u64,
    /// Further figures; their names are appended to the contestant's.
    pub(super) further: Vec<(&'static str, f64)>,
}

/// Runs the bench.
///
/// # Errors
/// Returns an error if a contestant can't be started, fails, or has not stored every message.
pub async fn run(options: Options) -> Result<ExitCode> {
    tools::ensure(&required_tools(&options.contestants()))?;
    let topic = Topic::prepare(options.messages, options.fresh).await?;
    let outcome = compare(&topic, &options).await;
    topic.close().await?;
    let figures = outcome?;
    say!("\nfigures in {}", figures.save()?.display());
    Ok(ExitCode::SUCCESS)
}

fn required_tools(contestants: &[Contestant]) -> Vec<&'static Tool> {
    let mut tools = vec![&JAVA, &MAVEN];
    if contestants.iter().any(|it| matches!(it, Contestant::Python | Contestant::Spark)) {
        tools.push(&PYTHON);
    }
    tools
}

async fn compare(topic: &Topic, options: &Options) -> Result<Figures> {
    let mut figures = Figures::new("archive");
    #[expect(clippy::cast_precision_loss, reason = "counts of a bench")]
    figures.set("messages", topic.messages as f64);
    figures.set("message_bytes", topic.message_bytes()?);
    let mut table = Table::new(&[
        "",
        "msg/s",
        "CPU s/M",
        "broker s/M",
        "peak MiB",
        "bytes/reading",
        "messages",
        "seconds",
    ]);
    // One at a time: they share the processors with the broker.
    for contestant in options.contestants() {
        let name = contestant.name();
        say!("{}", paint(Colour::Blue, &format!("== {name}")));
        // The broker's work for a contestant is part of its cost.
        let broker_before_s = topic.broker_cpu_s();
        let outcome = match contestant {
            Contestant::Drain => drain::measure(topic).await?,
            Contestant::Ours => consumer_run::measure(topic).await?,
            Contestant::Python => baselines::python(topic, options.python_messages).await?,
            Contestant::Spark => baselines::spark(topic).await?,
        };
        let broker_s = topic.broker_cpu_s() - broker_before_s;
        record(&mut figures, &mut table, &name, &outcome, broker_s);
    }
    // Compare the rates.
    for other in ["drain", "spark", "python"] {
        let name = format!("ours_over_{other}");
        figures.ratio(&name, "ours_msgs_per_s", &format!("{other}_msgs_per_s"));
    }
    say!();
    table.print();
    print_ratios(&figures);
    goals::print(&GOALS, &figures);
    Ok(figures)
}

#[expect(clippy::cast_precision_loss, reason = "counts of a bench")]
fn record(figures: &mut Figures, table: &mut Table, name: &str, outcome: &Outcome, broker_s: f64) {
    let messages = outcome.messages as f64;
    let seconds = outcome.time.as_secs_f64();
    let values = [
        ("msgs_per_s", messages / seconds),
        ("cpu_s_per_million", outcome.usage.cpu_s / messages * 1e6),
        ("broker_cpu_s_per_million", broker_s / messages * 1e6),
        ("peak_rss_mib", outcome.usage.peak_rss_mib),
        ("bytes_per_reading", outcome.bytes as f64 / messages),
        ("messages", messages),
        ("seconds", seconds),
    ];
    for (suffix, value) in values.into_iter().chain(outcome.further.iter().copied()) {
        figures.set(&format!("{name}_{suffix}"), value);
    }
    let cells = values.map(|(_, value)| number(value));
    table.row(std::iter::once(name.to_owned()).chain(cells));
}

fn print_ratios(figures: &Figures) {
    let mut table = Table::new(&["ours is", ""]);
    for other in ["drain", "spark", "python"] {
        if let Some(ratio) = figures.get(&format!("ours_over_{other}")) {
            table.row([format!("of {other}"), format!("{}x", number(ratio))]);
        }
    }
    say!();
    table.print();
}
