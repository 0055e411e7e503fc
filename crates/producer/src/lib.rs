//! The producer: sends simulated or recorded readings to Kafka.
//!
//! ```text
//! simulate --+
//!            +-> source::Due -> publish -> Kafka
//! replay ----+   (reading, due time)
//! ```
//!
//! [`simulate`] or [`replay`] yields readings with their due times ([`source`]). The publisher waits
//! for each due time, sends the reading, and ends only when the broker has acknowledged every
//! reading.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

mod cli;
pub mod metrics;

pub mod source;

pub mod simulate;
pub mod replay;

mod publish;

pub mod context;

use std::time::Duration;

use anyhow::bail;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{
    config::Settings,
    http::{self, Identity},
    readiness::Readiness,
    server,
    service::SHUTDOWN_TIMEOUT,
    tasks::Tasks,
};

pub use self::cli::{Cli, Command, Job, ReplayArgs, SimulateArgs};
use self::{publish::Publisher, replay::Playback, simulate::Simulation, source::Source};

/// Runs `job` until its source is exhausted and every reading is acknowledged, or until `shutdown`.
/// Serves health, readiness and metrics on `listener`.
///
/// # Errors
/// Fails if the source can't be opened, the topic can't be created, or a reading that was sent is not
/// acknowledged.
pub async fn run(
    settings: Settings,
    job: Job,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    vitals_core::runtime::metrics::describe(metrics::METRICS);
    // The end of the job cancels only the child token, not the caller's.
    let shutdown = shutdown.child_token();
    // A recording is read as a whole here, so a mistake in it ends the service before it serves.
    let source: Box<dyn Source> = match &job.command {
        Command::Simulate(args) => Box::new(Simulation::new(args)?),
        Command::Replay(args) => Box::new(Playback::open(args)?),
        Command::Context(_) | Command::Healthcheck => bail!("the command is no source of readings"),
    };
    let readiness = Readiness::waiting_for(&["kafka"]);
    let identity = Identity {
        service: "producer",
        version: env!("CARGO_PKG_VERSION"),
        readiness: readiness.clone(),
    };
    // Long enough for the drain, which has a timeout of its own.
    let grace =
        SHUTDOWN_TIMEOUT.max(Duration::from_millis(settings.producer.drain_timeout_ms + 5_000));
    let http_settings = settings.http.clone();
    let publisher = Publisher {
        settings,
        partitions: job.create_topic_partitions,
        readiness,
        shutdown: shutdown.clone(),
    };
    let mut tasks = Tasks::new(shutdown.clone());
    let router = http::with_problem_fallbacks(http::ops(identity));
    tasks.spawn("http", server::serve(listener, router, http_settings, shutdown));
    tasks.spawn("publish", publisher.run(source));
    tasks.join(grace).await
}
