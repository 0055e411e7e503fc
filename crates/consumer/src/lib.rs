//! The consumer: archives the topics of readings and predictions to the lake, exactly once.
//!
//! ```text
//!  archive      Kafka to the lake; one pipeline per topic
//!  maintain     compaction, checkpoints, vacuum
//!  lake_storage capacity, space used and safe mode of the lake, for /status
//!  accept_log, audit, replay    commands for operators
//! ```
//!
//! `rows` is shared by the archive, the audit and the replay; `feed` knows the topics and their
//! tables.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

pub mod feed;
mod rows;
pub mod archive;
pub mod maintain;
mod lake_storage;
pub mod accept_log;
pub mod audit;
pub mod replay;
mod http;
pub mod metrics;
mod failpoint;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{
    config::Settings, http::with_problem_fallbacks, readiness::Readiness, server::serve,
    service::SHUTDOWN_TIMEOUT, tasks::Tasks,
};

use self::feed::Feed;

/// The conditions of an archive's readiness.
const CONDITIONS: [&str; 2] = ["kafka", "lake"];

/// Archives until `shutdown`, then commits the last batches.
///
/// # Errors
/// When a task fails: a fatal error of the Kafka client, or a bug. An unavailable broker or lake
/// is no error; the archive retries.
pub async fn run(
    settings: Settings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    failpoint::init()?;
    vitals_core::runtime::metrics::describe(metrics::METRICS);
    let readiness = Readiness::waiting_for(&CONDITIONS);

    // Maintenance, storage reports, and one archive per feed.
    let mut tasks = Tasks::new(shutdown.clone());
    maintain::start(&mut tasks, &settings, &shutdown).context("maintenance")?;
    let storage =
        lake_storage::start(&mut tasks, &settings.lake, &shutdown).context("lake storage")?;
    let mut recorders = Vec::new();
    for feed in Feed::enabled(&settings) {
        // The service is ready once it archives readings. There may never be a prediction, nor
        // their topic; the state of their archive is in /status only.
        let readiness = match feed {
            Feed::Vitals => readiness.clone(),
            Feed::Predictions => Readiness::waiting_for(&CONDITIONS),
        };
        let recorder = archive::start(&mut tasks, feed, &settings, readiness, &shutdown);
        let topic = feed.topic(&settings.kafka);
        recorders.push(recorder.with_context(|| format!("archive of {topic}"))?);
    }
    let router = with_problem_fallbacks(http::router(readiness, recorders, storage));
    tasks.spawn("http", serve(listener, router, settings.http.clone(), shutdown.clone()));
    tasks.join(SHUTDOWN_TIMEOUT).await
}
