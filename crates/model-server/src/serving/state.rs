//! The state that requests share.

use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;

use crate::registry::{LoadError, ModelId, Registry};

use super::{
    model_pool::ModelPool,
    prediction_log::{ServedRequest, LogStatus, PredictionLog},
};

/// The models that can answer, and the one that does.
#[derive(Debug)]
pub(crate) struct ServingState {
    pub(super) registry: Registry,
    pub(super) pool: ArcSwap<ModelPool>,
    /// One change at a time; readers never wait for it.
    pub(super) changes: Mutex<()>,
    prediction_log: PredictionLog,
}

impl ServingState {
    /// Loads everything in the registry; `shadow`, if any, is scored next to the active model.
    ///
    /// # Errors
    /// The active or the shadow model can't be loaded. Any other that is refused is listed as such.
    pub(crate) fn start(
        registry: Registry,
        shadow: Option<&ModelId>,
        prediction_log: PredictionLog,
    ) -> Result<Self, LoadError> {
        let pool = ModelPool::load(&registry, shadow)?;
        Ok(Self { registry, pool: ArcSwap::from_pointee(pool), changes: Mutex::new(()), prediction_log })
    }

    /// The pool as it is now.
    pub(crate) fn pool(&self) -> Arc<ModelPool> {
        self.pool.load_full()
    }

    /// The model card as JSON.
    ///
    /// # Errors
    /// The version was saved without one, or it can't be read.
    pub(crate) fn card(&self, id: &ModelId) -> std::io::Result<Vec<u8>> {
        std::fs::read(self.registry.folder(id).join(crate::registry::CARD_JSON))
    }

    /// What happened to the log so far.
    pub(crate) fn log_status(&self) -> LogStatus {
        self.prediction_log.status()
    }

    /// Lets the log finish.
    pub(crate) fn stop(&self) {
        self.prediction_log.stop();
    }

    /// Hands an answer over to be logged and compared; never waits.
    pub(crate) fn log(&self, request: ServedRequest) {
        self.prediction_log.submit(request);
    }
}
