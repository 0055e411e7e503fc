//! Looking at the folder of models for what was trained or activated by another process.
//!
//! By the clock and not by the file system's notifications: those don't come from network shares
//! and mounted volumes, which is where models of a fleet are kept.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::ServingState;

/// Looks every `pause` until `shutdown`.
pub(crate) async fn watch(serving: Arc<ServingState>, pause: Duration, shutdown: CancellationToken) {
    let mut told = None;
    while shutdown.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
        let serving = Arc::clone(&serving);
        let looked = tokio::task::spawn_blocking(move || {
            if serving.is_current() { Ok(()) } else { serving.reload() }
        });
        let failed = match looked.await {
            Ok(outcome) => outcome.err().map(|error| error.to_string()),
            Err(error) => Some(error.to_string()),
        };
        // A folder that stays wrong is wrong every time; once is enough to say so.
        if let Some(error) = failed.as_ref().filter(|error| told.as_ref() != Some(*error)) {
            tracing::warn!(error, "models not reloaded");
        }
        told = failed;
    }
}

impl ServingState {
    /// Whether the folder has the versions that the pool has, and names the same active one.
    fn is_current(&self) -> bool {
        let pool = self.pool();
        let known: usize = pool.models.values().map(std::collections::BTreeMap::len).sum();
        let same = |id: &crate::registry::ModelId| pool.state(id.name(), id.version()).is_some();
        let listed = self.registry.list();
        listed.is_ok_and(|ids| ids.len() == known && ids.iter().all(same))
            && self.registry.active().is_ok_and(|id| id == pool.active.id)
    }
}
