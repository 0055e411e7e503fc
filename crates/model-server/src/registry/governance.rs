//! Changes of the active version, each recorded in the ledger.

use vitals_core::domain::model_event::{ModelEvent, Step};

use super::{Author, LoadError, ModelId, Registry, SaveError};

/// The reason that a change of the active version was not made.
#[derive(Debug, thiserror::Error)]
pub enum ActivationError {
    /// The version has not passed the gates, or not with this content.
    #[error("{0} is not released: run `model-server release --model {0}`")]
    NotReleased(ModelId),
    /// A rollback without a named version has none to return to.
    #[error("{reason}; {advice}")]
    NoTarget {
        /// The reason.
        reason: String,
        /// The command that helps.
        advice: String,
    },
    /// A version or the ledger can't be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The registry can't be written.
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl Registry {
    /// Activates a version that has passed the gates, on behalf of its approver.
    ///
    /// # Errors
    /// The version can't be loaded, or the registry can't be written.
    pub fn release(&self, id: &ModelId, approver: &Author) -> Result<(), ActivationError> {
        let _lock = self.lock()?;
        self.change(Step::Released, id, approver)
    }

    /// Activates a version that was released before.
    ///
    /// # Errors
    /// The version is not released, can't be loaded, or the registry can't be written.
    pub fn activate(&self, id: &ModelId, author: &Author) -> Result<(), ActivationError> {
        let _lock = self.lock()?;
        if !self.is_released(id)? {
            return Err(ActivationError::NotReleased(id.clone()));
        }
        self.change(Step::Activated, id, author)
    }

    /// Activates a version and records the step. The ledger comes first: a crash in between leaves a
    /// record of a change that was not made, and never a change without a record. The caller holds
    /// the lock.
    pub(super) fn change(
        &self,
        step: Step,
        id: &ModelId,
        author: &Author,
    ) -> Result<(), ActivationError> {
        // A version that can't be loaded must not become active.
        self.load(id)?;
        let previous = match self.active() {
            // A version that was active before there was a ledger may be released.
            Ok(active) if active == *id => None,
            Ok(active) => Some(active.to_string()),
            Err(LoadError::NoModel { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let event = author.event(step, id, self.digest(id)?);
        self.append(&ModelEvent { previous, ..event })?;
        Ok(self.write_active(id)?)
    }
}
