//! The tasks of a service: the first that ends cancels the others.

use std::{collections::HashMap, future::Future, time::Duration};

use anyhow::{Context as _, anyhow};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// A set of tasks that run and end together.
#[derive(Debug)]
pub struct Tasks {
    shutdown: CancellationToken,
    set: JoinSet<anyhow::Result<()>>,
    names: HashMap<Id, &'static str>,
}

impl Tasks {
    /// An empty set. Its tasks must end when `shutdown` is cancelled.
    #[must_use]
    pub fn new(shutdown: CancellationToken) -> Self {
        Self { shutdown, set: JoinSet::new(), names: HashMap::new() }
    }

    /// Starts a task.
    pub fn spawn(
        &mut self,
        name: &'static str,
        task: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        let handle = self.set.spawn(task);
        self.names.insert(handle.id(), name);
    }

    /// Starts a blocking task on a thread of its own.
    pub fn spawn_blocking(
        &mut self,
        name: &'static str,
        task: impl FnOnce() -> anyhow::Result<()> + Send + 'static,
    ) {
        let handle = self.set.spawn_blocking(task);
        self.names.insert(handle.id(), name);
    }

    /// Waits until the first task ends, cancels the others, and waits up to `timeout` for them.
    ///
    /// A task ends without an error only if the service's work is complete; the service then ends
    /// with it.
    ///
    /// # Errors
    /// The first error of a task, a panic, or the tasks that did not end in time.
    pub async fn join(mut self, timeout: Duration) -> anyhow::Result<()> {
        // Run until the first task ends, with or without an error.
        let Some(first) = self.set.join_next_with_id().await else { return Ok(()) };
        let mut outcome = self.outcome(first);
        // Shut down: the others finish their work in flight.
        self.shutdown.cancel();
        let rest = async {
            while let Some(ended) = self.set.join_next_with_id().await {
                let ended = self.outcome(ended);
                // The first error is the cause; later ones are usually its consequences.
                outcome = std::mem::replace(&mut outcome, Ok(())).and(ended);
            }
        };
        if tokio::time::timeout(timeout, rest).await.is_err() {
            // Names instead of a bare timeout: the stuck task is where to look.
            let names: Vec<_> = self.names.values().copied().collect();
            return outcome
                .and(Err(anyhow!("tasks still running after {timeout:?}: {}", names.join(", "))));
        }
        outcome
    }

    fn outcome(
        &mut self,
        ended: Result<(Id, anyhow::Result<()>), JoinError>,
    ) -> anyhow::Result<()> {
        let (id, result) = match ended {
            Ok((id, result)) => (id, result),
            Err(error) => (error.id(), Err(error.into())),
        };
        let name = self.names.remove(&id).unwrap_or("unnamed");
        result.with_context(|| format!("task {name} failed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failed_task_is_named_and_cancels_the_others() {
        let shutdown = CancellationToken::new();
        let mut tasks = Tasks::new(shutdown.clone());
        tasks.spawn("server", async move {
            shutdown.cancelled().await;
            Ok(())
        });
        tasks.spawn("poll", async { Err(anyhow!("broker gone")) });
        let error = tasks.join(Duration::from_secs(5)).await.unwrap_err();
        assert_eq!(format!("{error:#}"), "task poll failed: broker gone");
    }

    #[tokio::test]
    async fn a_panic_is_an_error() {
        let mut tasks = Tasks::new(CancellationToken::new());
        tasks.spawn("write", async { panic!("bug") });
        let error = tasks.join(Duration::from_secs(5)).await.unwrap_err();
        assert!(format!("{error:#}").contains("task write failed"));
    }

    #[tokio::test]
    async fn a_stuck_task_is_named() {
        let mut tasks = Tasks::new(CancellationToken::new());
        tasks.spawn("stuck", std::future::pending());
        tasks.spawn("done", async { Ok(()) });
        let error = tasks.join(Duration::from_millis(50)).await.unwrap_err();
        assert!(format!("{error:#}").contains("stuck"), "{error:#}");
    }
}
