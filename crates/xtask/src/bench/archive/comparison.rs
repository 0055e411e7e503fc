//! The runs, one after the other, and their comparison.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::topic::Topic;
use super::{baselines, consumer_run, drain};
use crate::bench::figures::Figures;
use crate::bench::sampler::Usage;
use crate::bench::table::{Table, number};
use crate::say;
use crate::terminal::{Colour, paint};

/// What runs against the topic, in this order.
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

/// Options of `bench archive`.
#[derive(Args, Debug)]
pub struct Options {
    /// Readings in the topic
    #[arg(long, value_name = "N", default_value_t = 10_000_000)]
    messages: u64,
    /// How many of them the Python consumer reads, which is slow and keeps its pace
    #[arg(long, value_name = "N", default_value_t = 500_000)]
    python_messages: u64,
    /// Fill the topic anew even if it is there
    #[arg(long)]
    fresh: bool,
    /// Leave one out; may be given again
    #[arg(long, value_name = "WHO")]
    skip: Vec<Contestant>,
}

/// What one of them did.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    /// Messages in [`Outcome::time`].
    pub(super) messages: u64,
    /// From the first message that could be read to the last that was stored.
    pub(super) time: Duration,
    /// All that its process used, start included.
    pub(super) usage: Usage,
    /// Parquet on disk, bytes; 0 when nothing is stored.
    pub(super) bytes: u64,
    /// Further figures, by the rest of their names.
    pub(super) further: Vec<(&'static str, f64)>,
}

/// Runs them all.
///
/// # Errors
/// When one can't be started, fails, or has not stored what it read.
pub async fn run(options: Options) -> Result<ExitCode> {
    let topic = Topic::prepare(options.messages, options.fresh).await?;
    let outcome = compare(&topic, &options).await;
    topic.close().await?;
    let figures = outcome?;
    say!("\nfigures in {}", figures.save()?.display());
    Ok(ExitCode::SUCCESS)
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
    let all = Contestant::value_variants().iter().filter(|who| !options.skip.contains(who));
    for &who in all {
        let name = who.to_possible_value().map_or_else(String::new, |it| it.get_name().to_owned());
        say!("{}", paint(Colour::Blue, &format!("== {name}")));
        let broker_before = topic.broker_cpu_s();
        let outcome = match who {
            Contestant::Drain => drain::measure(topic).await?,
            Contestant::Ours => consumer_run::measure(topic).await?,
            Contestant::Python => baselines::python(topic, options.python_messages).await?,
            Contestant::Spark => baselines::spark(topic).await?,
        };
        let broker_s = topic.broker_cpu_s() - broker_before;
        record(&mut figures, &mut table, &name, &outcome, broker_s);
    }
    say!();
    table.print();
    ratios(&mut figures);
    Ok(figures)
}

#[expect(clippy::cast_precision_loss, reason = "counts of a bench")]
fn record(figures: &mut Figures, table: &mut Table, name: &str, it: &Outcome, broker_s: f64) {
    let messages = it.messages as f64;
    let seconds = it.time.as_secs_f64();
    let mut cells = vec![name.to_owned()];
    let values = [
        ("msgs_per_s", messages / seconds),
        ("cpu_s_per_million", it.usage.cpu_s / messages * 1e6),
        ("broker_cpu_s_per_million", broker_s / messages * 1e6),
        ("peak_rss_mib", it.usage.peak_rss_mib),
        ("bytes_per_reading", it.bytes as f64 / messages),
        ("messages", messages),
        ("seconds", seconds),
    ];
    for (what, value) in values.into_iter().chain(it.further.iter().copied()) {
        figures.set(&format!("{name}_{what}"), value);
    }
    cells.extend(values.map(|(_, value)| number(value)));
    table.row(cells);
}

fn ratios(figures: &mut Figures) {
    let mut table = Table::new(&["ours is", ""]);
    for other in ["drain", "spark", "python"] {
        let name = format!("ours_over_{other}");
        figures.ratio(&name, "ours_msgs_per_s", &format!("{other}_msgs_per_s"));
        if let Some(ratio) = figures.get(&name) {
            table.row([format!("of {other}"), format!("{}x", number(ratio))]);
        }
    }
    say!();
    table.print();
}
