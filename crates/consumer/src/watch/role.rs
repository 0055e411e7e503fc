//! The watch's thread: sessions, one after another.

use std::{
    thread,
    time::{Duration, Instant},
};

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{config::Settings, readiness::Readiness, tasks::Tasks};

use super::{failure_log::FailureLog, recorder::WatchRecorder, session::Session};
use crate::metrics;

/// Duration of a session after which the next failure counts as the first.
const STABLE_AFTER: Duration = Duration::from_mins(1);

/// Starts the watch on a thread of its own. Returns the recorder of its status.
pub(crate) fn start(
    tasks: &mut Tasks,
    settings: &Settings,
    readiness: Readiness,
    shutdown: &CancellationToken,
) -> WatchRecorder {
    let recorder = WatchRecorder::new(readiness);
    let role = Role {
        settings: settings.clone(),
        recorder: recorder.clone(),
        runtime: Handle::current(),
        shutdown: shutdown.clone(),
    };
    tasks.spawn_blocking("watch", move || {
        role.run();
        Ok(())
    });
    recorder
}

/// The watch.
struct Role {
    settings: Settings,
    recorder: WatchRecorder,
    runtime: Handle,
    shutdown: CancellationToken,
}

impl Role {
    /// Runs until shutdown. A session that fails is followed by another, which restores the state
    /// of what was committed: an outage of Kafka or a lost partition costs no alarm.
    fn run(&self) {
        let mut failures = 0;
        let mut failure_log = FailureLog::default();
        while !self.shutdown.is_cancelled() {
            let started = Instant::now();
            let Err(error) = self.run_session() else { continue };
            let reason = format!("{error:#}");
            self.recorder.remove_all_partitions();
            self.recorder.set_failure(Some(reason.clone()));
            metrics::count_watch_failure();
            if started.elapsed() > STABLE_AFTER {
                failures = 0;
                failure_log.clear();
            }
            // An outage repeats the same error.
            if failure_log.is_new(&reason) {
                tracing::warn!(error = reason, "the watch failed; restoring its state");
            }
            self.wait(self.settings.consumer.retry.backoff(failures));
            failures += 1;
        }
    }

    fn run_session(&self) -> anyhow::Result<()> {
        let mut session = Session::open(&self.settings, &self.recorder, &self.runtime)?;
        let outcome = session.run(&self.shutdown);
        session.close(outcome.is_ok());
        outcome
    }

    fn wait(&self, time: Duration) {
        let deadline = Instant::now() + time;
        while !self.shutdown.is_cancelled() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(50));
        }
    }
}
