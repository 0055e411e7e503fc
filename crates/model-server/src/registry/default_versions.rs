//! The version of each model that serves requests without a version while another model is active.

use std::collections::BTreeMap;

use vitals_core::domain::model_event::Step;

use super::{LoadError, ModelId, Registry};

impl Registry {
    /// By name of the model: the version that was active last and not withdrawn since, else the one that
    /// was trained first. Training changes neither, so a candidate serves only requests that name it.
    /// Versions whose folder is gone don't count; a model without an event is absent.
    ///
    /// # Errors
    /// The ledger can't be read.
    pub fn default_versions(&self) -> Result<BTreeMap<String, ModelId>, LoadError> {
        let mut first = BTreeMap::new();
        let mut active: BTreeMap<String, ModelId> = BTreeMap::new();
        for event in self.events()? {
            let withdrawn = event.previous.filter(|_| event.step == Step::RolledBack);
            if let Some(id) = withdrawn.and_then(|previous| previous.parse::<ModelId>().ok())
                && active.get(id.name()) == Some(&id)
            {
                active.remove(id.name());
            }
            let Ok(id) = ModelId::new(event.model, event.model_version) else { continue };
            if !self.folder(&id).is_dir() {
                continue;
            }
            match event.step {
                Step::Trained => {
                    first.entry(id.name().to_owned()).or_insert(id);
                }
                Step::Released | Step::Activated | Step::RolledBack => {
                    active.insert(id.name().to_owned(), id);
                }
                Step::Evaluated | Step::Refused => {}
            }
        }
        // Where there is an active one, it counts.
        first.extend(active);
        Ok(first)
    }
}
