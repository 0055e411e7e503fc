//! The consumer: reads the topics of readings and of predictions, and keeps every message in the
//! lake exactly once.
//!
//! The stages, in the order of the data, are the modules of [`archive`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

pub mod feed;
mod rows;
pub mod archive;
pub mod accept_log;
pub mod maintain;
pub mod audit;
pub mod replay;
mod failpoint;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{
    config::Settings,
    http::{self, Identity},
    readiness::Readiness,
    service::GRACE,
    tasks::Tasks,
};

use self::feed::Feed;

/// What an archive waits for before it is ready.
const CONDITIONS: [&str; 2] = ["kafka", "lake"];

/// Archives until `shutdown`; then what is in hand is committed first.
///
/// # Errors
/// When a part dies: the broker refuses the client for good, the log was recreated, or a bug.
/// A broker or a storage that is away is waited for.
pub async fn run(
    settings: Settings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    failpoint::check()?;
    let readiness = Readiness::waiting_for(&CONDITIONS);
    let identity = Identity {
        service: "consumer",
        version: env!("CARGO_PKG_VERSION"),
        readiness: readiness.clone(),
    };
    let mut tasks = Tasks::new(shutdown.clone());
    maintain::start(&mut tasks, &settings, &shutdown).context("maintenance")?;
    let mut recorders = Vec::new();
    for feed in Feed::of(&settings) {
        // The service is ready when it archives readings. There may never be a prediction, nor
        // their topic: how they fare is on /status.
        let readiness = match feed {
            Feed::Vitals => readiness.clone(),
            Feed::Predictions => Readiness::waiting_for(&CONDITIONS),
        };
        let recorder = archive::start(&mut tasks, feed, &settings, readiness, &shutdown);
        recorders
            .push(recorder.with_context(|| format!("archive of {}", feed.topic(&settings.kafka)))?);
    }
    let router = http::ops(identity).merge(archive::router(recorders));
    tasks.spawn("http", http::serve(listener, router, shutdown.clone()));
    tasks.join(GRACE).await
}
