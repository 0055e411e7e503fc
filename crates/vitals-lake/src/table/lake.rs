//! The root of the tables, and the time limit of calls to its storage.

use std::{collections::HashMap, future::Future, path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, anyhow};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use vitals_core::runtime::config::LakeSettings;

use crate::append::is_conflict;

/// The root of the tables.
#[derive(Debug, Clone)]
pub struct Lake {
    pub(super) root: String,
    pub(super) options: HashMap<String, String>,
    pub(super) timeout: Duration,
    /// Permits for calls that block a thread beyond their time limit.
    blocking: Arc<Semaphore>,
}

impl Lake {
    /// The lake that the settings name. Touches nothing but a local root folder, which it creates.
    ///
    /// # Errors
    /// When the local root folder can't be created.
    pub fn new(settings: &LakeSettings) -> anyhow::Result<Self> {
        let root = match settings.url.strip_prefix("file://").unwrap_or(&settings.url) {
            remote if remote.contains("://") => remote.trim_end_matches('/').to_owned(),
            local => local_root(local)?,
        };
        let options = settings.options.clone().into_iter().collect();
        let blocking = Arc::new(Semaphore::new(1));
        Ok(Self { root, options, timeout: settings.timeout(), blocking })
    }

    /// The URL of the root, or its path if the lake is local.
    pub(crate) fn root_url(&self) -> &str {
        &self.root
    }

    /// Returns true if the root is a local folder.
    pub(crate) fn is_local(&self) -> bool {
        !self.root.contains("://")
    }

    /// The options of the storage's client, by key.
    pub(crate) const fn storage_options(&self) -> &HashMap<String, String> {
        &self.options
    }

    /// The URL of table `name`.
    #[must_use]
    pub fn table_url(&self, name: &str) -> String {
        format!("{}/{name}", self.root)
    }

    /// The time limit of a call.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The permit for a call that may block its thread. The next one is granted when it is
    /// dropped, so that calls which hang don't accumulate threads.
    pub(crate) async fn blocking_permit(&self) -> anyhow::Result<OwnedSemaphorePermit> {
        Ok(Arc::clone(&self.blocking).acquire_owned().await?)
    }

    /// The same lake with another time limit per call.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self { timeout, ..self.clone() }
    }

    /// Runs `call`, a request to the storage, within the lake's time limit. `purpose` completes
    /// the error message.
    ///
    /// # Errors
    /// The call's own error, or a timeout.
    pub async fn within<T, E: Into<anyhow::Error>>(
        &self,
        purpose: &str,
        call: impl Future<Output = Result<T, E>>,
    ) -> anyhow::Result<T> {
        match tokio::time::timeout(self.timeout, call).await {
            Ok(result) => result
                .map_err(|error| without_stack_trace(error.into()))
                .with_context(|| format!("lake: {purpose}")),
            Err(_) => Err(anyhow!("lake: {purpose}: no response within {:?}", self.timeout)),
        }
    }
}

/// Creates a local root folder and returns its canonical path.
fn local_root(folder: &str) -> anyhow::Result<String> {
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder)
        .with_context(|| format!("lake.url: can't create folder {}", folder.display()))?;
    let folder = folder
        .canonicalize()
        .with_context(|| format!("lake.url: can't use folder {}", folder.display()))?;
    folder
        .to_str()
        .map(ToOwned::to_owned)
        .ok_or_else(|| anyhow!("lake.url: {} is not UTF-8", folder.display()))
}

/// Cuts an error after its first line: HDFS appends a Java stack trace, and its first line names
/// the cause. A conflict keeps its type, because callers repeat the commit.
pub(super) fn without_stack_trace(error: anyhow::Error) -> anyhow::Error {
    if error.downcast_ref().is_some_and(is_conflict) {
        return error;
    }
    let text = format!("{error:#}");
    match text.split_once('\n') {
        Some((first, _)) => anyhow!("{first}"),
        None => error,
    }
}
