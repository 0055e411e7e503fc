//! Polls the registry's folder for models that another process trained or activated.
//!
//! Polling instead of file system notifications: network shares and mounted volumes, where a fleet
//! keeps its models, don't deliver notifications.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{ServingState, VersionState};

/// Polls the folder every `interval` until `shutdown`, and reloads it when it changed.
pub(crate) async fn watch(
    serving: Arc<ServingState>,
    interval: Duration,
    shutdown: CancellationToken,
) {
    let mut logged_error = None;
    while shutdown.run_until_cancelled(tokio::time::sleep(interval)).await.is_some() {
        let serving = Arc::clone(&serving);
        // Reading the folder blocks.
        let reloaded = tokio::task::spawn_blocking(move || {
            if serving.is_current() { Ok(()) } else { serving.reload() }
        });
        let error = match reloaded.await {
            Ok(outcome) => outcome.err().map(|error| error.to_string()),
            Err(panic) => Some(panic.to_string()),
        };
        // A folder that stays damaged fails on every poll; its error is logged once.
        if error != logged_error
            && let Some(error) = &error
        {
            tracing::warn!(error, "models not reloaded; the loaded ones stay in use");
        }
        logged_error = error;
    }
}

impl ServingState {
    /// Returns true if the folder holds the versions of the pool, names the same active and default
    /// ones, and a refused version has not changed.
    fn is_current(&self) -> bool {
        let pool = self.pool();
        let known: usize = pool.models.values().map(BTreeMap::len).sum();
        // Comparing names is enough for a loaded version, whose content never changes. A refused one
        // may be a copy in progress.
        let same_versions = self.registry.list().is_ok_and(|ids| {
            ids.len() == known
                && ids.iter().all(|id| match pool.state(id.name(), id.version()) {
                    Some(VersionState::Refused(refusal)) => refusal.is_current(&self.registry, id),
                    state => state.is_some(),
                })
        });
        // Changes between two polls may leave the active version as it was. A ledger that can't be read
        // changes no default.
        let other_defaults =
            self.registry.default_versions().is_ok_and(|defaults| defaults != pool.defaults);
        same_versions
            && !other_defaults
            && self.registry.active().is_ok_and(|id| id == pool.active.id)
    }
}
