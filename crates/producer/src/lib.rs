//! The producer: a source of readings, and Kafka.
//!
//! In the order of the data: [`simulate`] or [`replay`] yields readings with the moment at which
//! each is due ([`source`]); the publisher waits for that moment, sends, and sees to it that
//! every reading is acknowledged.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

mod cli;

pub mod source;

pub mod simulate;
pub mod replay;

mod publish;

use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{
    config::Settings,
    http::{self, Identity},
    readiness::Readiness,
    service::GRACE,
    tasks::Tasks,
};

pub use self::cli::{Cli, Command, Job, ReplayArgs, SimulateArgs};
use self::{publish::Publisher, replay::Playback, simulate::Simulation, source::Source};

/// Runs `job` until its source is exhausted and everything is acknowledged, or until `shutdown`.
/// Health, readiness and metrics are served on `listener`.
///
/// # Errors
/// When the source can't be opened, the topic can't be used, or a reading that was sent is not
/// acknowledged.
pub async fn run(
    settings: Settings,
    job: Job,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    // A job that is done ends this service and not whoever gave the token.
    let shutdown = shutdown.child_token();
    let source: Box<dyn Source> = match &job.command {
        Command::Simulate(args) => Box::new(Simulation::new(args)),
        Command::Replay(args) => Box::new(Playback::open(args)?),
    };
    let readiness = Readiness::waiting_for(&["kafka"]);
    let identity = Identity {
        service: "producer",
        version: env!("CARGO_PKG_VERSION"),
        readiness: readiness.clone(),
    };
    let grace = GRACE.max(Duration::from_millis(settings.producer.drain_timeout_ms + 5_000));
    let publisher = Publisher {
        settings,
        partitions: job.create_topic_partitions,
        readiness,
        shutdown: shutdown.clone(),
    };
    let mut tasks = Tasks::new(shutdown.clone());
    tasks.spawn("http", http::serve(listener, http::ops(identity), shutdown));
    tasks.spawn("publish", publisher.run(source));
    tasks.join(grace).await
}
