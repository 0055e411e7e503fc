//! The version of each model that serves requests without a version while another model is active.

use std::collections::BTreeMap;

use vitals_core::domain::model_event::Step;

use super::{LoadError, ModelId, Registry};

impl Registry {
    /// By name of the model: the version that was active last, of those that are released with the
    /// content they have now and were not withdrawn since. A model without such a version is absent, so
    /// a candidate serves only requests that name it.
    ///
    /// # Errors
    /// The ledger can't be read.
    pub fn default_versions(&self) -> Result<BTreeMap<String, ModelId>, LoadError> {
        let events = self.events()?;
        let mut defaults = BTreeMap::new();
        // The latest change first.
        for event in events.iter().rev() {
            let activates =
                matches!(event.step, Step::Released | Step::Activated | Step::RolledBack);
            if !activates || defaults.contains_key(&event.model) {
                continue;
            }
            let Ok(id) = ModelId::new(event.model.as_str(), event.model_version.as_str()) else {
                continue;
            };
            // A version whose folder is gone has no content.
            if self.is_released_in(&events, &id).unwrap_or(false) {
                defaults.insert(event.model.clone(), id);
            }
        }
        Ok(defaults)
    }
}
