//! Latency of alarms: from a reading's arrival at Kafka to the arrival of the alert that it causes.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use rdkafka::Message;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde::Deserialize;

use super::archive::consumer_run::ConsumerRun;
use super::archive::topic::{NAME, PARTITIONS};
use super::figures::Figures;
use super::goals::{self, Bound, Goal};
use super::kafka;
use super::latency::{produce, quantile};
use super::table::{Table, number};
use crate::group::has_committed_all;
use crate::say;
use crate::services::stamp_arrivals;

const ALERTS: &str = "alerts";

/// Length of a row of the table by time.
const SLICE_MS: i64 = 10_000;

/// Timeout of a Kafka request, and of the wait for the next alert.
const KAFKA_TIMEOUT: Duration = Duration::from_secs(30);

/// Upper bound on the run.
const JUDGED_TIMEOUT: Duration = Duration::from_mins(30);
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// The group of the watch.
const GROUP: &str = "vitals-watch";

/// The watch alone. An alarm is raised with the reading that breaks the limit, without a delay.
const SETTINGS: [(&str, &str); 5] = [
    ("CONSUMER__ROLES", "watch"),
    ("WATCH__LIMITS__HEART_RATE__HIGH", "100"),
    ("WATCH__LIMITS__HEART_RATE__CRITICAL_HIGH", "180"),
    ("WATCH__LIMITS__HEART_RATE__DELAY_MS", "0"),
    ("WATCH__LIMITS__HEART_RATE__CLEAR_AFTER_MS", "0"),
];

/// The rule of [`SETTINGS`].
const RULE: &str = "limit.heart_rate.high";

const GOALS: [Goal; 1] = [Goal {
    description: "a reading's arrival to its alert's, p99",
    figure: "kafka_reading_to_alert_p99_ms",
    bound: Bound::AtMost(50.0),
    unit: " ms",
}];

/// Options of `bench alerts`.
#[derive(Args, Debug)]
pub struct Options {
    /// Readings per second
    #[arg(long, default_value_t = 10_000)]
    rate: u32,
    /// Simulated patients
    #[arg(long, default_value_t = 10_000)]
    patients: u32,
    /// Duration, seconds
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Seconds at the start whose alerts do not count: every patient is new then, and the broker
    /// compiles its code beside its work
    #[arg(long, default_value_t = 10)]
    warm_up: u32,
}

/// Runs the bench.
///
/// # Errors
/// Returns an error if a service fails, or no alert is raised.
pub async fn run(options: Options) -> Result<ExitCode> {
    let topics = [
        (NAME, PARTITIONS),
        (ALERTS, PARTITIONS),
        ("patient-status", PARTITIONS),
        ("patient-context", 1),
        ("ward-actions", 1),
    ];
    kafka::bench("alerts", &topics, async |bootstrap| measure(bootstrap, &options).await).await
}

async fn measure(bootstrap: &str, options: &Options) -> Result<Figures> {
    stamp_arrivals(bootstrap, &[NAME, ALERTS]).await?;
    let settings = SETTINGS.map(|(key, value)| (key, value.to_owned()));
    let mut watch = ConsumerRun::start("alerts-watch", bootstrap, &settings)?;
    watch.until_ready().await?;
    let readings = u64::from(options.rate) * u64::from(options.seconds);
    say!("{readings} readings of {} patients, {} per second", options.patients, options.rate);
    let started = Instant::now();
    produce(bootstrap, options.patients, options.rate, readings)?;
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    let rate = readings as f64 / started.elapsed().as_secs_f64();
    // A watch that lags behind still has alerts to send, and they are the late ones.
    while !has_committed_all(bootstrap, GROUP, NAME)? {
        ensure!(watch.child.try_wait()?.is_none(), "the watch has ended");
        ensure!(started.elapsed() < JUDGED_TIMEOUT, "the watch does not judge every reading");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    watch.stop().await?;

    let delays = delays(&alerts(bootstrap)?);
    print_by_time(&delays);
    let mut figures = figures(&delays, i64::from(options.warm_up) * 1_000)?;
    figures.set("rate_msgs_per_s", rate);
    goals::print(&GOALS, &figures);
    Ok(figures)
}

/// The quantiles of the whole run, without the time of the warm-up.
fn figures(delays: &[Delay], warm_up_ms: i64) -> Result<Figures> {
    let counted = delays.iter().filter(|delay| delay.since_start_ms >= warm_up_ms);
    let counted = sorted(counted);
    ensure!(!counted.is_empty(), "no alert of rule {RULE}");
    let mut figures = Figures::new("alerts");
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    figures.set("alerts", counted.len() as f64);
    let mut table = Table::new(&["Kafka: reading to alert", "ms"]);
    for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)] {
        let value = quantile(&counted, share);
        figures.set(&format!("kafka_reading_to_alert_{name}_ms"), value);
        table.row([name.to_owned(), number(value)]);
    }
    say!();
    table.print();
    Ok(figures)
}

/// Shows whether the delays grow.
fn print_by_time(delays: &[Delay]) {
    let mut table = Table::new(&["from, s", "alerts", "p50, ms", "p99, ms"]);
    for slice in delays.chunk_by(|a, b| a.since_start_ms / SLICE_MS == b.since_start_ms / SLICE_MS)
    {
        let sorted = sorted(slice);
        table.row([
            (slice[0].since_start_ms / SLICE_MS * SLICE_MS / 1_000).to_string(),
            slice.len().to_string(),
            number(quantile(&sorted, 0.5)),
            number(quantile(&sorted, 0.99)),
        ]);
    }
    table.print();
}

fn sorted<'a>(delays: impl IntoIterator<Item = &'a Delay>) -> Vec<u64> {
    let mut sorted: Vec<_> = delays.into_iter().map(|delay| delay.delay_ms).collect();
    sorted.sort_unstable();
    sorted
}

/// An alert with its arrival.
#[derive(Debug, Deserialize)]
struct Alert {
    rule: String,
    kind: String,
    /// Arrival of the reading.
    at_ms: i64,
    #[serde(skip)]
    arrival_ms: i64,
}

/// From a reading to the alert that it raised.
#[derive(Debug, PartialEq, Eq)]
struct Delay {
    /// Arrival of the reading, after the first alert's.
    since_start_ms: i64,
    delay_ms: u64,
}

/// The delays of the alarms of [`RULE`], by the readings' arrival.
fn delays(alerts: &[Alert]) -> Vec<Delay> {
    let first_ms = alerts.iter().map(|alert| alert.at_ms).min().unwrap_or_default();
    let raised = alerts.iter().filter(|alert| alert.rule == RULE && alert.kind == "raised");
    let mut delays: Vec<_> = raised
        .map(|alert| Delay {
            since_start_ms: alert.at_ms - first_ms,
            delay_ms: u64::try_from(alert.arrival_ms - alert.at_ms).unwrap_or(0),
        })
        .collect();
    delays.sort_unstable_by_key(|delay| delay.since_start_ms);
    delays
}

fn alerts(bootstrap: &str) -> Result<Vec<Alert>> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap).set("group.id", "vitals-bench-alerts");
    let consumer: BaseConsumer = config.set("enable.auto.commit", "false").create()?;
    let mut all = TopicPartitionList::new();
    let mut missing = 0;
    for partition in 0..PARTITIONS {
        let (start, end) = consumer.fetch_watermarks(ALERTS, partition, KAFKA_TIMEOUT)?;
        missing += end - start;
        all.add_partition_offset(ALERTS, partition, Offset::Beginning)?;
    }
    consumer.assign(&all)?;
    let mut alerts = Vec::new();
    for _ in 0..missing {
        let message = consumer.poll(KAFKA_TIMEOUT).context("alerts are missing")??;
        let arrival_ms = message.timestamp().to_millis().context("an alert without a time")?;
        let alert: Alert = serde_json::from_slice(message.payload().unwrap_or_default())?;
        alerts.push(Alert { arrival_ms, ..alert });
    }
    Ok(alerts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(rule: &str, kind: &str, at_ms: i64, arrival_ms: i64) -> Alert {
        Alert { rule: rule.to_owned(), kind: kind.to_owned(), at_ms, arrival_ms }
    }

    #[test]
    fn only_alarms_that_a_reading_raised_count() {
        let alerts = [
            // Two brokers' clocks may differ by a millisecond.
            alert(RULE, "raised", 13_000, 12_999),
            alert(RULE, "cleared", 12_000, 12_900),
            alert("limit.spo2.low", "raised", 12_000, 12_400),
            alert(RULE, "raised", 11_000, 11_007),
            alert(RULE, "raised", 1_000, 9_000),
        ];
        let delays = delays(&alerts);
        let expected = [(0, 8_000), (10_000, 7), (12_000, 0)]
            .map(|(since_start_ms, delay_ms)| Delay { since_start_ms, delay_ms });
        assert_eq!(delays, expected);
        let figures = figures(&delays, 10_000).unwrap();
        assert_eq!(figures.get("alerts"), Some(2.0));
        assert_eq!(figures.get("kafka_reading_to_alert_max_ms"), Some(7.0));
    }
}
