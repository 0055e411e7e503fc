//! Latency of the archive: from a message's Kafka timestamp to the commit that contains it.

use std::collections::BTreeMap;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use clap::Args;
use nix::sys::signal::Signal;
use rdkafka::Message;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::archive::consumer_run::ConsumerRun;
use super::archive::delta::{self, Commit};
use super::archive::topic::{NAME, PARTITIONS};
use super::figures::Figures;
use super::goals::{self, Bound, Goal};
use super::kafka;
use super::release;
use super::table::{Table, number};
use crate::services::ports::free_ports;
use crate::{paths, process, say};

/// The default of `config.toml`, set explicitly so that the figure stays comparable if it changes.
const MAX_AGE_MS: u32 = 5_000;

const GOALS: [Goal; 1] = [Goal {
    description: "Kafka timestamp to commit, p99: batch age plus one second",
    figure: "latency_p99_ms",
    bound: Bound::AtMost(MAX_AGE_MS as f64 + 1_000.0),
    unit: " ms",
}];

/// Timeout of a Kafka request.
const KAFKA_TIMEOUT: Duration = Duration::from_secs(30);

/// Options of `bench latency`.
#[derive(Args, Debug)]
pub struct Options {
    /// Readings per second
    #[arg(long, default_value_t = 10_000)]
    rate: u32,
    /// Duration, seconds
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

/// Runs the bench.
///
/// # Errors
/// Returns an error if a service fails or a reading is missing from the lake at the end.
pub async fn run(options: Options) -> Result<ExitCode> {
    let topics = [(NAME, PARTITIONS), ("vitals.rejected", 1)];
    kafka::bench("latency", &topics, async |bootstrap| measure(bootstrap, &options).await).await
}

async fn measure(bootstrap: &str, options: &Options) -> Result<Figures> {
    let age = [("CONSUMER__ROTATION__MAX_AGE_MS", MAX_AGE_MS.to_string())];
    let mut consumer = ConsumerRun::start("latency-lake", bootstrap, &age)?;
    consumer.until_ready().await?;
    // Send readings at a steady rate while the consumer archives them.
    let readings = u64::from(options.rate) * u64::from(options.seconds);
    say!("{readings} readings, {} per second", options.rate);
    // One reading per second and patient.
    produce(bootstrap, options.rate, options.rate, readings)?;
    consumer.until_committed(readings).await?;
    consumer.stop().await?;
    let commits = delta::commits(&consumer.table())?;
    // Every message is paired with the first commit past its offset.
    let mut latencies = latencies(&message_times(bootstrap, readings)?, &commit_times(&commits))?;
    latencies.sort_unstable();
    // Report the quantiles.
    let mut figures = Figures::new("latency");
    figures.set("rate_msgs_per_s", f64::from(options.rate));
    figures.set("max_batch_age_ms", f64::from(MAX_AGE_MS));
    let mut table = Table::new(&["Kafka timestamp to commit", "ms"]);
    for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999), ("max", 1.0)]
    {
        let value = quantile(&latencies, share);
        figures.set(&format!("latency_{name}_ms"), value);
        table.row([name.to_owned(), number(value)]);
    }
    table.print();
    goals::print(&GOALS, &figures);
    Ok(figures)
}

/// Sends readings of simulated patients at a steady rate.
pub(super) fn produce(bootstrap: &str, patients: u32, rate: u32, readings: u64) -> Result<()> {
    let [port] = free_ports()?;
    let mut command = Command::new(release::binary("producer")?);
    command
        .args(["simulate", "--patients", &patients.to_string(), "--rate", &rate.to_string()])
        .args(["--count", &readings.to_string()])
        .env("VITALS__KAFKA__BOOTSTRAP_SERVERS", bootstrap)
        .env("VITALS__PRODUCER__LISTEN", format!("127.0.0.1:{port}"))
        .current_dir(paths::root())
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    process::die_with_parent(&mut command, Signal::SIGKILL);
    let status = command.status().context("starting the producer")?;
    ensure!(status.success(), "the producer failed ({status})");
    Ok(())
}

/// By partition, the offset and Kafka timestamp (ms since the epoch) of every message.
type MessageTimes = BTreeMap<i32, Vec<(i64, u64)>>;

fn message_times(bootstrap: &str, messages: u64) -> Result<MessageTimes> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap).set("group.id", "vitals-bench-times");
    let consumer: BaseConsumer = config.set("enable.auto.commit", "false").create()?;
    let mut all = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        all.add_partition_offset(NAME, partition, Offset::Beginning)?;
    }
    consumer.assign(&all)?;
    let mut times = MessageTimes::new();
    // The exact number that was sent: a missing message ends the bench with an error.
    for _ in 0..messages {
        let message = consumer
            .poll(KAFKA_TIMEOUT)
            .context("the topic has fewer messages than were sent")??;
        let time_ms = message.timestamp().to_millis().context("a message without a timestamp")?;
        let of_partition = times.entry(message.partition()).or_default();
        of_partition.push((message.offset(), u64::try_from(time_ms)?));
    }
    Ok(times)
}

/// By partition, the position set by every commit and the time of the commit (ms since the epoch).
type CommitTimes = BTreeMap<i32, Vec<(i64, u64)>>;

fn commit_times(commits: &[Commit]) -> CommitTimes {
    let mut times = CommitTimes::new();
    for commit in commits {
        for (id, next) in &commit.positions {
            let partition = id.rsplit('/').next().and_then(|id| id.parse().ok());
            let at_ms = millis(commit.time);
            times.entry(partition.unwrap_or(-1)).or_default().push((*next, at_ms));
        }
    }
    times
}

fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn latencies(messages: &MessageTimes, commits: &CommitTimes) -> Result<Vec<u64>> {
    let mut latencies = Vec::new();
    for (partition, messages) in messages {
        let commits = commits.get(partition).context("a partition without a commit")?;
        for (offset, time_ms) in messages {
            let index = commits.partition_point(|(next, _)| next <= offset);
            let (_, at_ms) = commits.get(index).context("a message that is in no commit")?;
            latencies.push(at_ms.saturating_sub(*time_ms));
        }
    }
    Ok(latencies)
}

/// The nearest-rank quantile of sorted `values`.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "ranks stay far below 2^53"
)]
pub(super) fn quantile(values: &[u64], share: f64) -> f64 {
    let rank = (values.len() as f64 * share).ceil() as usize;
    values.get(rank.saturating_sub(1)).map_or(f64::NAN, |value| *value as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_visible_from_the_first_commit_past_its_offset() {
        let messages = MessageTimes::from([(0, vec![(0, 100), (1, 200), (2, 300)])]);
        let commits = CommitTimes::from([(0, vec![(2, 1_000), (3, 2_000)])]);
        assert_eq!(latencies(&messages, &commits).unwrap(), [900, 800, 1_700]);
        let incomplete = CommitTimes::from([(0, vec![(2, 1_000)])]);
        latencies(&messages, &incomplete).unwrap_err();
    }

    #[test]
    fn quantiles_are_nearest_ranks() {
        let values: Vec<u64> = (1..=100).collect();
        for (share, expected) in [(0.5, 50.0), (0.99, 99.0), (1.0, 100.0)] {
            assert_eq!(quantile(&values, share), expected);
        }
    }
}
