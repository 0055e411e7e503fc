//! The consumer: archives readings, predictions, patient contexts, alerts, model events and the
//! activity on the dashboard to the lake, exactly once, and watches the patients.
//!
//! ```text
//!  watch        readings to scores and alarms
//!  archive      Kafka to the lake; one pipeline per topic
//!  maintain     compaction, checkpoints, vacuum
//!  lake_storage capacity, space used and safe mode of the lake, for /status
//!  accept_log, audit, replay, erase, repair    commands for operators
//! ```
//!
//! `rows` is shared by the archive, the audit and the replay; `feed` knows the topics and their
//! tables.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

mod rebalance_queue;
pub mod watch;
pub mod feed;
mod rows;
pub mod archive;
pub mod maintain;
mod lake_storage;
pub mod accept_log;
pub mod audit;
pub mod replay;
pub mod erase;
pub mod repair;
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

use self::{archive::StatusRecorder, feed::Feed, lake_storage::StorageStatus};

/// The conditions of an archive's readiness.
const CONDITIONS: [&str; 2] = ["kafka", "lake"];

/// Watches and archives until `shutdown`, then commits what is in hand.
///
/// # Errors
/// When a task fails: a fatal error of the Kafka client, or a bug. An unavailable broker or lake
/// is no error; the archive retries. A failed archive beside the watch is one at shutdown only.
pub async fn run(
    settings: Settings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    // Before the first task, which may already pass a failpoint.
    failpoint::init()?;
    vitals_core::runtime::metrics::describe(metrics::METRICS);
    let roles = settings.consumer.roles;
    let readiness = Readiness::default();
    let mut tasks = Tasks::new(shutdown.clone());

    // The watch first: nothing of the archive may delay an alarm.
    let watch = if roles.watches() {
        Some(watch::start(&mut tasks, &settings, &readiness, &shutdown))
    } else {
        None
    };
    let archives = match (roles.archives(), roles.watches()) {
        (true, true) => start_archives_apart(&mut tasks, &settings, &readiness, &shutdown),
        (true, false) => start_archives(&mut tasks, &settings, &readiness, &shutdown)?,
        (false, _) => Archives::default(),
    };
    let router = with_problem_fallbacks(http::router(readiness, archives, watch));
    tasks.spawn("http", serve(listener, router, settings.http.clone(), shutdown.clone()));
    tasks.join(SHUTDOWN_TIMEOUT).await
}

/// The status of the archives.
#[derive(Debug, Clone, Default)]
struct Archives {
    recorders: Vec<StatusRecorder>,
    storage: StorageStatus,
}

/// Starts maintenance, storage reports, and one archive per feed.
fn start_archives(
    tasks: &mut Tasks,
    settings: &Settings,
    readiness: &Readiness,
    shutdown: &CancellationToken,
) -> anyhow::Result<Archives> {
    // Not ready before every condition has been met once: a condition that is absent would hold.
    for condition in CONDITIONS {
        readiness.missing(condition, "starting");
    }
    maintain::start(tasks, settings, shutdown).context("maintenance")?;
    let storage = lake_storage::start(tasks, &settings.lake, shutdown).context("lake storage")?;
    let mut recorders = Vec::new();
    for feed in Feed::enabled(settings) {
        let recorder = if feed.is_required() {
            archive::start(tasks, feed, settings, readiness.clone(), shutdown)
        } else {
            start_optional(tasks, feed, settings, shutdown)
        };
        let topic = feed.topic(&settings.kafka);
        recorders.push(recorder.with_context(|| format!("archive of {topic}"))?);
    }
    Ok(Archives { recorders, storage })
}

/// Starts the archives with tasks of their own: if they fail for good, or can't start, the watch goes
/// on.
fn start_archives_apart(
    tasks: &mut Tasks,
    settings: &Settings,
    readiness: &Readiness,
    shutdown: &CancellationToken,
) -> Archives {
    let own_shutdown = shutdown.child_token();
    let mut own = Tasks::new(own_shutdown.clone());
    match start_archives(&mut own, settings, readiness, &own_shutdown) {
        Ok(archives) => {
            let table = Feed::Vitals.table().name;
            tasks.spawn("archive", contain(table, own, readiness.clone(), shutdown.clone()));
            archives
        }
        Err(error) => {
            // The stages that have started end.
            own_shutdown.cancel();
            let error = format!("{error:#}");
            tracing::error!(error, "the archive did not start; the watch goes on without it");
            readiness.missing("archive", error);
            Archives::default()
        }
    }
}

/// Starts the archive of an optional feed with tasks of its own: if it fails for good, readings are
/// archived on. The service is ready once it archives readings. There may never be a prediction,
/// nor their topic; the state of their archive is in /status only.
fn start_optional(
    tasks: &mut Tasks,
    feed: Feed,
    settings: &Settings,
    shutdown: &CancellationToken,
) -> anyhow::Result<StatusRecorder> {
    // A readiness of its own, which the service's does not include.
    let readiness = Readiness::waiting_for(&CONDITIONS);
    let own_shutdown = shutdown.child_token();
    let mut own = Tasks::new(own_shutdown.clone());
    let recorder = archive::start(&mut own, feed, settings, readiness.clone(), &own_shutdown)?;
    let table = feed.table().name;
    tasks.spawn(table, contain(table, own, readiness, shutdown.clone()));
    Ok(recorder)
}

/// Runs the tasks of an optional archive. Their failure becomes a reason in its readiness.
async fn contain(
    table: &'static str,
    tasks: Tasks,
    readiness: Readiness,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let ended = tasks.join(SHUTDOWN_TIMEOUT).await;
    // At shutdown a failure is reported, because unsaved rows may be lost with it.
    if shutdown.is_cancelled() {
        return ended;
    }
    if let Err(error) = ended {
        let error = format!("{error:#}");
        tracing::error!(
            lake.table = table,
            error,
            "the archive of one table failed; restart the service to resume"
        );
        readiness.missing("archive", error);
    }
    // The task must not end: that would cancel the service's other tasks.
    shutdown.cancelled().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failed_archive_of_predictions_ends_nothing_else() {
        let shutdown = CancellationToken::new();
        let readiness = Readiness::default();
        let mut tasks = Tasks::new(shutdown.clone());
        let mut own = Tasks::new(shutdown.child_token());
        own.spawn("poller", async { anyhow::bail!("fatal error of the Kafka client") });
        tasks
            .spawn("predictions", contain("predictions", own, readiness.clone(), shutdown.clone()));
        let watched = readiness.clone();
        let stop = shutdown.clone();
        tasks.spawn("readings", async move {
            while watched.holds("archive") || watched.reasons().is_empty() {
                tokio::task::yield_now().await;
            }
            anyhow::ensure!(!stop.is_cancelled(), "the readings' archive was cancelled");
            stop.cancel();
            Ok(())
        });
        tasks.join(SHUTDOWN_TIMEOUT).await.unwrap();
        let expected = "archive: task poller failed: fatal error of the Kafka client";
        assert_eq!(readiness.reasons(), [expected]);
    }
}
