//! The state that handlers, the watcher and administration share.

use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;

use crate::registry::{LoadError, ModelId, Registry};

use super::{
    LoadedModel,
    model_pool::ModelPool,
    prediction_log::{LogError, LogStatus, PredictionLog, ServedRequest, Submission},
};

/// The current pool of models, the registry it is loaded from, and the prediction log.
#[derive(Debug)]
pub(crate) struct ServingState {
    pub(super) registry: Registry,
    pub(super) pool: ArcSwap<ModelPool>,
    /// Serialises changes; readers never take it.
    pub(super) change_lock: Mutex<()>,
    prediction_log: PredictionLog,
}

impl ServingState {
    /// Loads every model in the registry. `shadow`, if given, is scored next to the active model.
    /// Any other version that can't be loaded is listed as refused.
    ///
    /// # Errors
    /// The active or the shadow model can't be loaded.
    pub(crate) fn start(
        registry: Registry,
        shadow: Option<&ModelId>,
        prediction_log: PredictionLog,
    ) -> Result<Self, LoadError> {
        let pool = ArcSwap::from_pointee(ModelPool::load(&registry, shadow)?);
        Ok(Self { registry, pool, change_lock: Mutex::new(()), prediction_log })
    }

    /// The current pool.
    pub(crate) fn pool(&self) -> Arc<ModelPool> {
        self.pool.load_full()
    }

    /// Reads the model card of a version, as JSON.
    ///
    /// # Errors
    /// The version was saved without a card, or the card can't be read or was changed since the
    /// version was loaded.
    pub(crate) fn card(&self, model: &LoadedModel) -> Result<Vec<u8>, LoadError> {
        // Cards are large and rarely read, so they are not kept in memory.
        self.registry.card(&model.id, &model.saved.manifest)
    }

    /// Submits a served request to the prediction log.
    pub(crate) fn submit(&self, request: ServedRequest) -> Submission {
        self.prediction_log.submit(request)
    }

    /// Completes a submission to the prediction log.
    ///
    /// # Errors
    /// The log is behind, or mandatory and unavailable: the request must not be answered.
    pub(crate) async fn complete(&self, submission: Submission) -> Result<(), LogError> {
        self.prediction_log.complete(submission).await
    }

    pub(crate) fn log_status(&self) -> LogStatus {
        self.prediction_log.status()
    }

    /// Drains and stops the prediction log.
    pub(crate) fn stop(&self) {
        self.prediction_log.stop();
    }
}
