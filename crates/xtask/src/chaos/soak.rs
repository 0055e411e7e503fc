//! One run: faults for the given time, then verification.

use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use nix::sys::signal::Signal;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::testbed::{self, Testbed};
use super::{plan, verification};
use crate::services::ports::free_ports;
use crate::{paths, process, say};

/// Pause before the first fault: a little must be archived first.
const CALM: Duration = Duration::from_secs(5);
pub(super) const TICK: Duration = Duration::from_millis(100);

/// How long, and which faults.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// How long faults come, minutes
    #[arg(long, value_name = "N", default_value_t = 2.0)]
    pub minutes: f64,
    /// Decides the faults and their order [default: another one each time]
    #[arg(long)]
    pub seed: Option<u64>,
    /// Consumers in the group
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=8))]
    pub consumers: u8,
    /// Readings a second
    #[arg(long, default_value_t = 600)]
    pub rate: u32,
}

/// Runs it; exit status 1 when something was lost, there twice, or ended by itself.
///
/// # Errors
/// When a server or a tool can't be started, or the check itself can't be made.
pub async fn run(options: Options) -> Result<ExitCode> {
    let seed = options.seed.map_or_else(random_seed, Ok)?;
    let consumers = usize::from(options.consumers);
    let dir = paths::target().join("chaos");
    say!("chaos for {} minutes, seed {seed}; logs and lake in {}", options.minutes, dir.display());
    testbed::fresh(&dir)?;
    let mut testbed = Testbed::start(dir, consumers).await?;
    let lasts = Duration::from_secs_f64(options.minutes.max(0.0) * 60.0);
    let readings = u64::from(options.rate) * lasts.as_secs().max(1);
    let mut producer = produce(&testbed, options.rate, readings)?;
    break_things(&mut testbed, seed, consumers, lasts).await?;
    say!("no more faults; waiting until everything is archived");
    let clean = verification::run(&mut testbed, &mut producer, readings).await;
    testbed.report.summarise(&testbed.dir)?;
    let clean = clean?;
    say!("{} with seed {seed}", if clean { "clean" } else { "NOT clean" });
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn break_things(
    testbed: &mut Testbed,
    seed: u64,
    consumers: usize,
    lasts: Duration,
) -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let start = Instant::now();
    let mut next = start + CALM;
    while start.elapsed() < lasts {
        testbed.supervise(false).await?;
        if Instant::now() >= next {
            let event = plan::draw(&mut rng, consumers);
            let pause = event.pause;
            testbed.inject(event).await?;
            next = Instant::now() + pause;
        }
        tokio::time::sleep(TICK).await;
    }
    testbed.supervise(true).await
}

/// A producer with a steady rate, until the faults end.
fn produce(testbed: &Testbed, rate: u32, readings: u64) -> Result<tokio::process::Child> {
    let (rate, count) = (rate.to_string(), readings.to_string());
    let args = ["simulate", "--patients", "60", "--rate", &rate, "--count", &count];
    let mut command = testbed.program("producer", &args);
    let [port] = free_ports()?;
    let log = std::fs::File::create(testbed.dir.join("producer.log"))?;
    command
        .env("VITALS__PRODUCER__LISTEN", format!("127.0.0.1:{port}"))
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    process::die_with_parent(&mut command, Signal::SIGKILL);
    let child = tokio::process::Command::from(command).kill_on_drop(true).spawn();
    child.context("starting the producer")
}

fn random_seed() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/uuid").context("a random seed")?;
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).take(8).collect();
    u64::from_str_radix(&digits, 16).context("a random seed")
}
