//! The tasks of a service: one that dies takes the service down.

use std::{collections::HashMap, future::Future, time::Duration};

use anyhow::{Context as _, anyhow};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// Tasks that live and die together.
#[derive(Debug)]
pub struct Tasks {
    shutdown: CancellationToken,
    set: JoinSet<anyhow::Result<()>>,
    names: HashMap<Id, &'static str>,
}

impl Tasks {
    /// No tasks yet; all of them end when `shutdown` is cancelled.
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

    /// Starts a task that blocks, on a thread of its own.
    pub fn spawn_blocking(
        &mut self,
        name: &'static str,
        task: impl FnOnce() -> anyhow::Result<()> + Send + 'static,
    ) {
        let handle = self.set.spawn_blocking(task);
        self.names.insert(handle.id(), name);
    }

    /// Waits for the first task that ends, cancels the others, and gives them `grace` to end.
    ///
    /// A task may end early only when it succeeds at what the service was started for; then the
    /// service ends with it.
    ///
    /// # Errors
    /// The first error of a task, a panic, or tasks that did not end in time.
    pub async fn join(mut self, grace: Duration) -> anyhow::Result<()> {
        let Some(first) = self.set.join_next_with_id().await else { return Ok(()) };
        let mut outcome = self.outcome(first);
        self.shutdown.cancel();
        let rest = async {
            while let Some(ended) = self.set.join_next_with_id().await {
                let ended = self.outcome(ended);
                outcome = std::mem::replace(&mut outcome, Ok(())).and(ended);
            }
        };
        if tokio::time::timeout(grace, rest).await.is_err() {
            let names: Vec<_> = self.names.values().copied().collect();
            return outcome.and(Err(anyhow!("still busy after {grace:?}: {}", names.join(", "))));
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
    async fn a_failed_task_ends_the_others_and_is_named() {
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
    async fn a_task_that_does_not_end_is_named() {
        let mut tasks = Tasks::new(CancellationToken::new());
        tasks.spawn("stuck", std::future::pending());
        tasks.spawn("done", async { Ok(()) });
        let error = tasks.join(Duration::from_millis(50)).await.unwrap_err();
        assert!(format!("{error:#}").contains("stuck"), "{error:#}");
    }
}
