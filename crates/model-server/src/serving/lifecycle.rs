//! Changes to the pool of models. Each builds a new pool and swaps it in.

use std::sync::{Arc, PoisonError};

use thiserror::Error;

use crate::registry::{ActivationError, Author, LoadError, ModelId};

use super::{
    ModelPool, ServingState, VersionState,
    model_pool::{default_versions, load},
};

/// An error of a change. The pool is then unchanged.
#[derive(Debug, Error)]
pub(crate) enum ChangeError {
    /// No model has this name or version.
    #[error("there is no model {0}")]
    Unknown(String),
    /// The model can't be loaded.
    #[error("{0}")]
    Refused(String),
    /// The active model can't be unloaded.
    #[error("{0} is active; activate another model first")]
    Active(String),
    /// The registry's folder can't be read or written.
    #[error(transparent)]
    Activation(#[from] ActivationError),
    /// The registry's folder can't be read.
    #[error(transparent)]
    Load(#[from] LoadError),
}

impl ServingState {
    /// Reloads the registry: loads new versions, drops deleted ones, and activates the version in
    /// `active.json`. Loaded versions are kept as they are, because a version never changes.
    ///
    /// # Errors
    /// The folder can't be read, or the version in `active.json` is not released or can't be loaded.
    /// The active version then stays, and the others are those of the folder.
    pub(crate) fn reload(&self) -> Result<(), ChangeError> {
        let mut followed = Ok(());
        self.change(|pool| {
            self.rescan(pool)?;
            followed = self.follow_active(pool);
            Ok(())
        })?;
        followed
    }

    fn rescan(&self, pool: &mut ModelPool) -> Result<(), ChangeError> {
        let listed = self.registry.list()?;
        // Versions that are no longer listed stay in `previous` and are dropped with it.
        let mut previous = std::mem::take(&mut pool.models);
        for id in &listed {
            let known = previous.get_mut(id.name()).and_then(|v| v.remove(id.version()));
            let state = match known {
                Some(state @ (VersionState::Ready(_) | VersionState::Unloaded)) => state,
                // A refused version may have been repaired in the meantime.
                refused_or_new => load(&self.registry, id, refused_or_new.as_ref()),
            };
            pool.put(id, state);
        }
        pool.defaults = default_versions(&self.registry);
        Ok(())
    }

    fn follow_active(&self, pool: &mut ModelPool) -> Result<(), ChangeError> {
        let active = self.registry.active()?;
        if pool.is_active(active.name(), active.version()) {
            return Ok(());
        }
        self.check_released(&active)?;
        self.activate_in(pool, &active)?;
        tracing::info!(model.id = %active, "model activated");
        Ok(())
    }

    /// Activates a released version, now and after a restart.
    ///
    /// # Errors
    /// The version is unknown, refused or not released, or the folder can't be written.
    pub(crate) fn activate(&self, id: &ModelId, author: &Author) -> Result<(), ChangeError> {
        self.change(|pool| {
            self.check_exists(id)?;
            if pool.is_active(id.name(), id.version()) {
                return Ok(());
            }
            self.check_released(id)?;
            self.activate_in(pool, id)?;
            // Written last: a version that can't be loaded is not activated on disk either.
            self.registry.activate(id, author)?;
            pool.defaults = default_versions(&self.registry);
            tracing::info!(model.id = %id, "model activated");
            Ok(())
        })
    }

    /// A version goes live only if it passed the gates of `release`.
    fn check_released(&self, id: &ModelId) -> Result<(), ChangeError> {
        // A damaged version is refused with its own reason.
        if let Err(error) = self.registry.load(id) {
            return Err(ChangeError::Refused(error.to_string()));
        }
        if self.registry.is_released(id)? {
            return Ok(());
        }
        Err(ChangeError::Refused(ActivationError::NotReleased(id.clone()).to_string()))
    }

    /// Loads the versions of a model that are not in memory.
    ///
    /// # Errors
    /// The model is unknown, or none of its versions can be loaded.
    pub(crate) fn load(&self, name: &str) -> Result<(), ChangeError> {
        self.change(|pool| {
            let ids = self.registry.list()?.into_iter().filter(|id| id.name() == name);
            let mut usable = false;
            let mut reason = None;
            for id in ids {
                if pool.ready(name, Some(id.version())).is_none() {
                    let state = load(&self.registry, &id, pool.state(name, id.version()));
                    pool.put(&id, state);
                }
                match pool.state(name, id.version()) {
                    Some(VersionState::Ready(_)) => usable = true,
                    Some(VersionState::Refused(refusal)) => reason = Some(refusal.why.clone()),
                    Some(VersionState::Unloaded) | None => {}
                }
            }
            // One usable version is a success; the reasons of the others are in the model's list.
            if usable {
                return Ok(());
            }
            Err(reason.map_or_else(|| ChangeError::Unknown(name.to_owned()), ChangeError::Refused))
        })
    }

    /// Unloads the versions of a model from memory.
    ///
    /// # Errors
    /// The model is unknown or active.
    pub(crate) fn unload(&self, name: &str) -> Result<(), ChangeError> {
        self.change(|pool| {
            if pool.active.id.name() == name {
                return Err(ChangeError::Active(name.to_owned()));
            }
            let versions =
                pool.models.get_mut(name).ok_or_else(|| ChangeError::Unknown(name.to_owned()))?;
            versions.values_mut().for_each(|state| *state = VersionState::Unloaded);
            // The shadow would otherwise keep the model in memory.
            if pool.shadow.as_ref().is_some_and(|shadow| shadow.id.name() == name) {
                pool.shadow = None;
            }
            Ok(())
        })
    }

    /// Sets the model that is scored next to the active one until a restart; `None` removes it.
    ///
    /// # Errors
    /// The version is unknown, refused or not loaded.
    pub(crate) fn set_shadow(&self, id: Option<&ModelId>) -> Result<(), ChangeError> {
        self.change(|pool| {
            pool.shadow = match id {
                None => None,
                Some(id) => match pool.state(id.name(), id.version()) {
                    Some(VersionState::Ready(loaded)) => Some(Arc::clone(loaded)),
                    Some(VersionState::Refused(refusal)) => {
                        return Err(ChangeError::Refused(refusal.why.clone()));
                    }
                    Some(VersionState::Unloaded) | None => {
                        return Err(ChangeError::Unknown(id.to_string()));
                    }
                },
            };
            Ok(())
        })
    }

    /// Applies a change to a copy of the pool and swaps the copy in.
    fn change(
        &self,
        apply: impl FnOnce(&mut ModelPool) -> Result<(), ChangeError>,
    ) -> Result<(), ChangeError> {
        // Concurrent changes would overwrite each other's copy.
        let _guard = self.change_lock.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pool = ModelPool::clone(&self.pool.load());
        apply(&mut pool)?;
        self.pool.store(Arc::new(pool));
        Ok(())
    }

    fn check_exists(&self, id: &ModelId) -> Result<(), ChangeError> {
        if self.registry.folder(id).is_dir() {
            Ok(())
        } else {
            Err(ChangeError::Unknown(id.to_string()))
        }
    }

    fn activate_in(&self, pool: &mut ModelPool, id: &ModelId) -> Result<(), ChangeError> {
        if pool.ready(id.name(), Some(id.version())).is_none() {
            let state = load(&self.registry, id, pool.state(id.name(), id.version()));
            pool.put(id, state);
        }
        match pool.state(id.name(), id.version()) {
            Some(VersionState::Ready(loaded)) => pool.active = Arc::clone(loaded),
            Some(VersionState::Refused(refusal)) => {
                return Err(ChangeError::Refused(refusal.why.clone()));
            }
            Some(VersionState::Unloaded) | None => {
                return Err(ChangeError::Unknown(id.to_string()));
            }
        }
        Ok(())
    }
}
