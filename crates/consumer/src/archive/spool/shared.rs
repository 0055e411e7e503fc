//! The spool as shared by the storage task, the drain, the start resolver and the polling thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Spool;

/// A handle of the spool. Clones share it.
#[derive(Clone)]
pub(crate) struct SharedSpool(Arc<Mutex<Spool>>);

impl SharedSpool {
    pub(crate) fn new(spool: Spool) -> Self {
        Self(Arc::new(Mutex::new(spool)))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Spool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs file operations on the blocking pool.
    pub(crate) async fn run_blocking<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&mut Spool) -> T + Send + 'static,
    ) -> anyhow::Result<T> {
        let shared = self.clone();
        let task = tokio::task::spawn_blocking(move || operation(&mut shared.lock()));
        Ok(task.await?)
    }
}
