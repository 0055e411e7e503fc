//! The return to an earlier version.

use vitals_core::domain::model_event::Step;

use super::{ActivationError, Author, ModelId, Registry};

impl Registry {
    /// Withdraws the active version and activates `to`, or the version that it replaced. Returns
    /// the new active version.
    ///
    /// # Errors
    /// There is no such version, it was never active, or the registry can't be written.
    pub fn rollback(
        &self,
        to: Option<&ModelId>,
        author: &Author,
    ) -> Result<ModelId, ActivationError> {
        let _lock = self.lock()?;
        let active = self.active()?;
        let target = match to {
            Some(id) => {
                // A version that was never active has passed no gate.
                let was_active = self.predecessor(&active)?.as_ref() == Some(id);
                if !was_active && !self.is_released(id)? {
                    return Err(ActivationError::NotReleased(id.clone()));
                }
                id.clone()
            }
            None => self.saved_predecessor(&active)?,
        };
        self.change(Step::RolledBack, &target, author)?;
        Ok(target)
    }

    /// The version that the active one replaced, if its files are still there.
    fn saved_predecessor(&self, active: &ModelId) -> Result<ModelId, ActivationError> {
        let saved = self.list()?;
        let reason = match self.predecessor(active)? {
            Some(id) if saved.contains(&id) => return Ok(id),
            Some(id) => {
                let folder = self.root().display();
                format!("{active} replaced {id}, which is no longer in {folder}")
            }
            None => {
                format!("the ledger has no version that {active} replaced, except withdrawn ones")
            }
        };
        let others = saved.into_iter().filter(|id| id != active);
        Err(ActivationError::NoTarget { reason, advice: self.advice(others.collect()) })
    }

    /// The way from the active version to one of `others`.
    fn advice(&self, others: Vec<ModelId>) -> String {
        // A version whose manifest can't be read is no choice.
        let (released, candidates): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|id| self.is_released(id).unwrap_or(false));
        if !released.is_empty() {
            return format!("return to a released version with --to: {}", listed(&released));
        }
        if candidates.is_empty() {
            return "no other version is saved: train one with `model-server train`, then release it \
                    with `model-server release`"
                .to_owned();
        }
        let candidates = listed(&candidates);
        format!(
            "no other version is released: release one with `model-server release --model \
             NAME/VERSION`; candidates: {candidates}"
        )
    }
}

fn listed(ids: &[ModelId]) -> String {
    ids.iter().map(ModelId::to_string).collect::<Vec<_>>().join(", ")
}
