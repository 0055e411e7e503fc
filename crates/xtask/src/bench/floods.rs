//! Memory of the archive in floods of messages that it can't decode.
//!
//! Each flood is a backlog in a topic of its own, which the consumer archives from the start. The
//! content is random, so that neither Kafka nor Parquet compresses it.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use super::archive::consumer_run::ConsumerRun;
use super::archive::topic::PARTITIONS;
use super::figures::Figures;
use super::goals::{self, Bound, Goal};
use super::kafka;
use super::sampler::Sampler;
use super::table::{Table, number};
use crate::group::has_committed_all;
use crate::say;

const GOALS: [Goal; 1] = [Goal {
    description: "peak memory of the consumer",
    figure: "peak_rss_mib",
    bound: Bound::AtMost(512.0),
    unit: " MiB",
}];

/// Upper bound on the archiving of one flood.
const ARCHIVED_TIMEOUT: Duration = Duration::from_mins(10);
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// Timeout of a Kafka request.
const KAFKA_TIMEOUT: Duration = Duration::from_secs(60);

const LARGE_BYTES: usize = 900_000;
const SEED: u64 = 15;

/// The part of a message that is large.
#[derive(Clone, Copy, Debug)]
enum Part {
    Key,
    Payload,
    Header,
}

/// A flood. Its name is that of its topic.
struct Flood {
    name: &'static str,
    part: Part,
    /// Bytes of the part.
    bytes: usize,
    /// Divisor of the number of messages.
    divisor: u32,
    /// The topic of dead letters.
    rejected: &'static str,
}

const REJECTED: &str = "vitals.rejected";

const FLOODS: [Flood; 4] = [
    Flood { name: "rubbish", part: Part::Payload, bytes: 60_000, divisor: 1, rejected: REJECTED },
    Flood {
        name: "rubbish-undelivered",
        part: Part::Payload,
        bytes: 60_000,
        divisor: 1,
        rejected: "missing",
    },
    Flood { name: "keys", part: Part::Key, bytes: LARGE_BYTES, divisor: 13, rejected: REJECTED },
    Flood {
        name: "headers",
        part: Part::Header,
        bytes: LARGE_BYTES,
        divisor: 13,
        rejected: REJECTED,
    },
];

/// Options of `bench floods`.
#[derive(Args, Debug)]
pub struct Options {
    /// Messages of 60 kB in a flood; a flood of 900 kB has a thirteenth
    #[arg(long, value_name = "N", default_value_t = 8_000)]
    messages: u32,
}

/// Runs the bench.
///
/// # Errors
/// Returns an error if a service fails, or a flood is not archived completely.
pub async fn run(options: Options) -> Result<ExitCode> {
    let topics: Vec<_> = FLOODS.iter().map(|flood| (flood.name, PARTITIONS)).collect();
    let topics = [&topics[..], &[(REJECTED, 1)]].concat();
    kafka::bench("floods", &topics, async |bootstrap| measure(bootstrap, &options).await).await
}

async fn measure(bootstrap: &str, options: &Options) -> Result<Figures> {
    let mut figures = Figures::new("floods");
    let mut table = Table::new(&["flood", "messages", "kB each", "peak MiB"]);
    let mut highest = 0.0_f64;
    for flood in &FLOODS {
        let messages = (options.messages / flood.divisor).max(1);
        say!("{}: {messages} messages", flood.name);
        send(bootstrap, flood, messages)?;
        let peak_mib = archive(bootstrap, flood, messages).await?;
        highest = highest.max(peak_mib);
        figures.set(&format!("{}_peak_rss_mib", flood.name.replace('-', "_")), peak_mib);
        table.row([
            flood.name.to_owned(),
            messages.to_string(),
            (flood.bytes / 1000).to_string(),
            number(peak_mib),
        ]);
    }
    figures.set("peak_rss_mib", highest);
    table.print();
    goals::print(&GOALS, &figures);
    Ok(figures)
}

/// Archives a flood, and returns the peak memory of the consumer, MiB.
async fn archive(bootstrap: &str, flood: &Flood, messages: u32) -> Result<f64> {
    let settings = [
        ("KAFKA__TOPICS__VITALS", flood.name.to_owned()),
        ("KAFKA__TOPICS__REJECTED", flood.rejected.to_owned()),
    ];
    let mut consumer = ConsumerRun::start(&format!("floods-{}", flood.name), bootstrap, &settings)?;
    let sampler = Sampler::start(consumer.pid()?);
    let started = Instant::now();
    while !has_committed_all(bootstrap, consumer.group(), flood.name)? {
        ensure!(consumer.child.try_wait()?.is_none(), "the consumer has ended");
        ensure!(started.elapsed() < ARCHIVED_TIMEOUT, "{} is not archived", flood.name);
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    // The last dead letters are delivered before the consumer ends.
    consumer.stop().await?;
    let usage = sampler.stop().total();
    let audit: serde_json::Value =
        serde_json::from_str(&consumer.run_command(&["audit", "--json"])?)?;
    ensure!(covered(&audit) == u64::from(messages), "{} is not archived completely", flood.name);
    Ok(usage.peak_rss_mib)
}

/// The offsets below the positions of an audit without findings.
fn covered(audit: &serde_json::Value) -> u64 {
    let partitions = audit["partitions"].as_array().map_or(&[][..], Vec::as_slice);
    partitions.iter().filter_map(|it| it["position"].as_u64()).sum()
}

/// Fills the topic of a flood, its messages spread over all partitions.
fn send(bootstrap: &str, flood: &Flood, messages: u32) -> Result<()> {
    let mut config = ClientConfig::new();
    let producer: BaseProducer = config.set("bootstrap.servers", bootstrap).create()?;
    // Every message is another part of the pool.
    let mut pool = vec![0; flood.bytes + usize::try_from(messages)?];
    ChaCha8Rng::seed_from_u64(SEED).fill_bytes(&mut pool);
    for (number, content) in pool.windows(flood.bytes).take(usize::try_from(messages)?).enumerate()
    {
        let partition = i32::try_from(number)? % PARTITIONS;
        let record = BaseRecord::<[u8], [u8]>::to(flood.name).partition(partition);
        let mut record = match flood.part {
            Part::Key => record.key(content),
            Part::Payload => record.payload(content),
            Part::Header => record
                .payload(b"{")
                .headers(OwnedHeaders::new().insert(Header { key: "trace", value: Some(content) })),
        };
        // The client's queue is shorter than the flood.
        while let Err((error, refused)) = producer.send(record) {
            let is_full =
                matches!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull));
            ensure!(is_full, "sending a message: {error}");
            producer.poll(POLL_INTERVAL);
            record = refused;
        }
    }
    producer.flush(KAFKA_TIMEOUT).context("the flood was not delivered")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_offsets_of_all_partitions_are_covered() {
        let audit = json!({"partitions": [{"position": 7}, {"position": 5}, {"partition": 2}]});
        assert_eq!(covered(&audit), 12);
        assert_eq!(covered(&json!({})), 0);
    }
}
