//! The loaded models: an immutable snapshot that a change replaces as a whole.

use std::{collections::BTreeMap, sync::Arc};

use crate::registry::{FolderState, LoadError, ModelId, Registry};

use super::LoadedModel;

/// Every version of every model, the active model, and the shadow model.
#[derive(Debug, Clone)]
pub(crate) struct ModelPool {
    pub(crate) active: Arc<LoadedModel>,
    pub(crate) shadow: Option<Arc<LoadedModel>>,
    pub(crate) models: BTreeMap<String, Versions>,
    /// By name, the released version that serves requests without a version.
    pub(super) defaults: BTreeMap<String, ModelId>,
}

/// The versions of one model.
pub(crate) type Versions = BTreeMap<String, VersionState>;

/// The state of a version.
#[derive(Debug, Clone)]
pub(crate) enum VersionState {
    Ready(Arc<LoadedModel>),
    /// It can't be loaded.
    Refused(Refusal),
    /// Unloaded by request.
    Unloaded,
}

/// The reason a version is refused, and the files that were looked at.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) why: String,
    /// Absent if the files could not be read: they are looked at again.
    files: Option<FolderState>,
}

impl Refusal {
    /// Returns true if the version's files are still those that were refused.
    pub(super) fn is_current(&self, registry: &Registry, id: &ModelId) -> bool {
        self.files.as_ref().is_some_and(|files| *files == registry.folder_state(id))
    }
}

impl ModelPool {
    /// Loads the active version, then all others.
    pub(super) fn load(registry: &Registry, shadow: Option<&ModelId>) -> Result<Self, LoadError> {
        let id = registry.active()?;
        let active = Arc::new(LoadedModel::new(id.clone(), registry.load(&id)?));
        let defaults = default_versions(registry);
        let mut pool = Self { active, shadow: None, models: BTreeMap::new(), defaults };
        pool.put(&id, VersionState::Ready(Arc::clone(&pool.active)));
        // Other versions are optional: a damaged one is listed as refused.
        for id in registry.list()? {
            if pool.state(id.name(), id.version()).is_none() {
                pool.put(&id, load(registry, &id, None));
            }
        }
        if let Some(id) = shadow {
            // A shadow set in the settings must load, or the server does not start.
            let ready = pool.ready(id.name(), Some(id.version()));
            pool.shadow = Some(match ready {
                Some(loaded) => Arc::clone(loaded),
                None => Arc::new(LoadedModel::new(id.clone(), registry.load(id)?)),
            });
        }
        Ok(pool)
    }

    pub(super) fn put(&mut self, id: &ModelId, state: VersionState) {
        let versions = self.models.entry(id.name().to_owned()).or_default();
        versions.insert(id.version().to_owned(), state);
    }

    pub(super) fn state(&self, name: &str, version: &str) -> Option<&VersionState> {
        self.models.get(name)?.get(version)
    }

    /// The loaded model of a name. Without a version: the active one if it has this name, else the
    /// default one. A candidate has no approval, so a request must name its version.
    pub(crate) fn ready(&self, name: &str, version: Option<&str>) -> Option<&Arc<LoadedModel>> {
        if let Some(version) = version {
            return self.state(name, version)?.loaded();
        }
        if self.active.id.name() == name {
            return Some(&self.active);
        }
        let default = self.defaults.get(name)?;
        self.state(name, default.version())?.loaded()
    }

    pub(crate) fn is_active(&self, name: &str, version: &str) -> bool {
        (self.active.id.name(), self.active.id.version()) == (name, version)
    }
}

impl VersionState {
    pub(crate) fn loaded(&self) -> Option<&Arc<LoadedModel>> {
        match self {
            Self::Ready(loaded) => Some(loaded),
            Self::Refused(_) | Self::Unloaded => None,
        }
    }
}

/// The default versions; none if the ledger can't be read.
pub(super) fn default_versions(registry: &Registry) -> BTreeMap<String, ModelId> {
    registry.default_versions().unwrap_or_else(|error| {
        tracing::warn!(%error, "ledger not read: requests without a version get only the active model");
        BTreeMap::new()
    })
}

/// Loads a version from the registry; a version that can't be loaded is refused. Logs a refusal once
/// for the same reason.
pub(super) fn load(
    registry: &Registry,
    id: &ModelId,
    previous: Option<&VersionState>,
) -> VersionState {
    // Before the files are read: a change meanwhile is then noticed.
    let files = registry.folder_state(id);
    match registry.load(id) {
        Ok(saved) => VersionState::Ready(Arc::new(LoadedModel::new(id.clone(), saved))),
        Err(error) => {
            let why = error.to_string();
            let known =
                matches!(previous, Some(VersionState::Refused(before)) if before.why == why);
            if !known {
                tracing::warn!(model.id = %id, %error, "model refused: it can't be loaded");
            }
            let files = if error.is_unknown() { None } else { Some(files) };
            VersionState::Refused(Refusal { why, files })
        }
    }
}
