//! One run: faults for the given time, then verification.

use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use nix::sys::signal::Signal;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rdkafka::consumer::Consumer;

use super::testbed::Testbed;
use super::{plan, setup, verification};
use crate::services::ports::free_ports;
use crate::{group, paths, process, say};

/// Delay before the first fault, so that some readings are archived first.
const INITIAL_DELAY: Duration = Duration::from_secs(5);
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Simulated patients.
const PATIENTS: i64 = 60;
/// The topic of their contexts, with one partition.
const CONTEXTS: &str = "patient-context";
const CONTEXTS_TIMEOUT: Duration = Duration::from_secs(30);

/// Options of `chaos`.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Duration of the faults, minutes
    #[arg(long, value_name = "N", default_value_t = 2.0)]
    pub minutes: f64,
    /// Determines the faults and their order [default: random]
    #[arg(long)]
    pub seed: Option<u64>,
    /// Consumers in the group
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=8))]
    pub consumers: u8,
    /// Readings per second
    #[arg(long, default_value_t = 600)]
    pub rate: u32,
}

/// Runs the soak test. The exit status is 1 if a reading or an alert was lost or duplicated, or a
/// consumer ended unexpectedly.
///
/// # Errors
/// Returns an error if a server or a tool can't be started, or the verification can't be made.
pub async fn run(options: Options) -> Result<ExitCode> {
    let seed = options.seed.map_or_else(random_seed, Ok)?;
    let consumers = usize::from(options.consumers);
    let dir = paths::target().join("chaos");
    say!(
        "injecting faults for {} minutes, seed {seed}; logs and lake in {}",
        options.minutes,
        dir.display()
    );
    setup::create_empty_folder(&dir)?;
    let mut testbed = Testbed::start(dir, consumers).await?;
    let duration = Duration::from_secs_f64(options.minutes.max(0.0) * 60.0);
    let readings = u64::from(options.rate) * duration.as_secs().max(1);
    // One generator for every decision, so that a seed repeats the run.
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let codec = plan::draw_codec(&mut rng);
    say!("the producer's batches are compressed with {codec}");
    let mut producer = start_producer(&testbed, options.rate, readings, codec)?;
    wait_for_contexts(&testbed).await?;
    testbed.start_consumers()?;
    inject_faults(&mut testbed, &mut rng, consumers, duration).await?;

    say!("faults ended; waiting until every reading is archived and judged");
    let is_clean = verification::run(&mut testbed, &mut producer, readings).await;
    // The counts help to explain a verification that failed.
    testbed.report.summarise(&testbed.dir)?;
    if is_clean? {
        say!("clean with seed {seed}");
        Ok(ExitCode::SUCCESS)
    } else {
        say!("NOT clean with seed {seed}");
        Ok(ExitCode::FAILURE)
    }
}

async fn inject_faults(
    testbed: &mut Testbed,
    rng: &mut ChaCha8Rng,
    consumers: usize,
    duration: Duration,
) -> Result<()> {
    let start = Instant::now();
    let mut next = start + INITIAL_DELAY;
    while start.elapsed() < duration {
        testbed.supervise().await?;
        testbed.activity.write()?;
        if Instant::now() >= next {
            let event = plan::draw(rng, consumers);
            let pause = event.pause;
            testbed.inject(event).await?;
            next = Instant::now() + pause;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    // Without faults from here on, every reading has to arrive.
    testbed.repair_all().await
}

/// Starts a producer that sends `readings` readings at a steady rate, until the faults end, in
/// batches compressed with `codec`.
fn start_producer(
    testbed: &Testbed,
    rate: u32,
    readings: u64,
    codec: &str,
) -> Result<tokio::process::Child> {
    let rate = rate.to_string();
    let count = readings.to_string();
    let patients = PATIENTS.to_string();
    let args = ["simulate", "--patients", &patients, "--rate", &rate, "--count", &count];
    let mut command = testbed.program("producer", &args);
    let [port] = free_ports()?;
    let log = std::fs::File::create(testbed.dir.join("producer.log"))?;
    command
        .env("VITALS__PRODUCER__LISTEN", format!("127.0.0.1:{port}"))
        .env("VITALS__PRODUCER__COMPRESSION", codec)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    process::die_with_parent(&mut command, Signal::SIGKILL);
    let child = tokio::process::Command::from(command).kill_on_drop(true).spawn();
    child.context("starting the producer")
}

/// Waits until the contexts of all patients are on their topic. The watch reads them before the first
/// reading then; later ones would apply from a reading on that is another in each run.
async fn wait_for_contexts(testbed: &Testbed) -> Result<()> {
    let start = Instant::now();
    let consumer = group::client(&testbed.services.bootstrap_servers(), "vitals-chaos")?;
    loop {
        // A partition of a new broker may have no leader yet.
        let watermarks = consumer.fetch_watermarks(CONTEXTS, 0, CONTEXTS_TIMEOUT);
        if watermarks.is_ok_and(|(_, end)| end >= PATIENTS) {
            return Ok(());
        }
        ensure!(start.elapsed() < CONTEXTS_TIMEOUT, "the producer sends no contexts of patients");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

fn random_seed() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/uuid").context("a random seed")?;
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).take(8).collect();
    u64::from_str_radix(&digits, 16).context("a random seed")
}
