//! Changes to the pool: each makes a new one and puts it in the old one's place.

use std::sync::{Arc, PoisonError};

use thiserror::Error;

use crate::registry::{LoadError, ModelId, SaveError};

use super::{ModelPool, ServingState, VersionState, model_pool::load};

/// Why the models stay as they were.
#[derive(Debug, Error)]
pub(crate) enum ChangeError {
    /// Nothing of that name.
    #[error("there is no model {0}")]
    Unknown(String),
    /// It can't be loaded.
    #[error("{0}")]
    Refused(String),
    /// The one that answers can't be taken away.
    #[error("{0} answers; activate another model first")]
    Active(String),
    /// The folder can't be read or written.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// The folder can't be read.
    #[error(transparent)]
    Load(#[from] LoadError),
}

impl ServingState {
    /// Looks at the folder again: loads what is new, forgets what is gone, and lets the version
    /// answer that `active.json` names. What is loaded stays as it is, a version never changes.
    ///
    /// # Errors
    /// The folder can't be read or the active version can't be loaded; then nothing changes.
    pub(crate) fn reload(&self) -> Result<(), ChangeError> {
        self.change(|pool| {
            let (listed, active) = (self.registry.list()?, self.registry.active()?);
            let mut models = std::mem::take(&mut pool.models);
            for id in &listed {
                let known = models.get_mut(id.name()).and_then(|v| v.remove(id.version()));
                let state = match known {
                    Some(state @ (VersionState::Ready(_) | VersionState::Unloaded)) => state,
                    Some(VersionState::Refused(_)) | None => load(&self.registry, id),
                };
                pool.put(id, state);
            }
            self.activate_in(pool, &active)
        })
    }

    /// Lets this version answer, now and after a restart.
    ///
    /// # Errors
    /// It is unknown or refused, or the folder can't be written.
    pub(crate) fn activate(&self, id: &ModelId) -> Result<(), ChangeError> {
        self.change(|pool| {
            self.known(id)?;
            self.activate_in(pool, id)?;
            Ok(self.registry.activate(id)?)
        })
    }

    /// Loads the versions of a model that are not in memory.
    ///
    /// # Errors
    /// There is no such model, or none of its versions can be loaded.
    pub(crate) fn load(&self, name: &str) -> Result<(), ChangeError> {
        self.change(|pool| {
            let ids = self.registry.list()?.into_iter().filter(|id| id.name() == name);
            let mut refused = None;
            for id in ids {
                if pool.ready(name, Some(id.version())).is_none() {
                    pool.put(&id, load(&self.registry, &id));
                }
                if let Some(VersionState::Refused(why)) = pool.state(name, id.version()) {
                    refused = Some(why.clone());
                }
            }
            match (pool.ready(name, None), refused) {
                (Some(_), _) => Ok(()),
                (None, Some(why)) => Err(ChangeError::Refused(why)),
                (None, None) => Err(ChangeError::Unknown(name.to_owned())),
            }
        })
    }

    /// Takes the versions of a model out of memory.
    ///
    /// # Errors
    /// There is no such model, or it is the one that answers.
    pub(crate) fn unload(&self, name: &str) -> Result<(), ChangeError> {
        self.change(|pool| {
            if pool.active.id.name() == name {
                return Err(ChangeError::Active(name.to_owned()));
            }
            let unknown = || ChangeError::Unknown(name.to_owned());
            let versions = pool.models.get_mut(name).ok_or_else(unknown)?;
            versions.values_mut().for_each(|state| *state = VersionState::Unloaded);
            if pool.shadow.as_ref().is_some_and(|shadow| shadow.id.name() == name) {
                pool.shadow = None;
            }
            Ok(())
        })
    }

    /// Scores this version next to the one that answers, until a restart; `None` for none.
    ///
    /// # Errors
    /// It is unknown or not loaded.
    pub(crate) fn shadow(&self, id: Option<&ModelId>) -> Result<(), ChangeError> {
        self.change(|pool| {
            pool.shadow = match id {
                None => None,
                Some(id) => {
                    let ready = pool.ready(id.name(), Some(id.version()));
                    Some(Arc::clone(ready.ok_or_else(|| ChangeError::Unknown(id.to_string()))?))
                }
            };
            Ok(())
        })
    }

    fn change(
        &self,
        make: impl FnOnce(&mut ModelPool) -> Result<(), ChangeError>,
    ) -> Result<(), ChangeError> {
        let _one_at_a_time = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pool = ModelPool::clone(&self.pool.load());
        make(&mut pool)?;
        self.pool.store(Arc::new(pool));
        Ok(())
    }

    fn known(&self, id: &ModelId) -> Result<(), ChangeError> {
        if self.registry.folder(id).is_dir() {
            Ok(())
        } else {
            Err(ChangeError::Unknown(id.to_string()))
        }
    }

    fn activate_in(&self, pool: &mut ModelPool, id: &ModelId) -> Result<(), ChangeError> {
        if pool.is_active(id.name(), id.version()) {
            return Ok(());
        }
        if pool.ready(id.name(), Some(id.version())).is_none() {
            pool.put(id, load(&self.registry, id));
        }
        match pool.state(id.name(), id.version()) {
            Some(VersionState::Ready(loaded)) => pool.active = Arc::clone(loaded),
            Some(VersionState::Refused(why)) => return Err(ChangeError::Refused(why.clone())),
            Some(VersionState::Unloaded) | None => return Err(ChangeError::Unknown(id.to_string())),
        }
        tracing::info!(model.id = %id, "model activated");
        Ok(())
    }
}
