//! The spool as shared by the storage task, the drain, the start resolver and the polling thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vitals_core::runtime::config::Settings;

use super::{Spool, SpoolDirectory};

/// A handle of the spool. Clones share it.
#[derive(Clone)]
pub(crate) struct SharedSpool(Arc<Mutex<Spool>>);

impl SharedSpool {
    /// Opens the spool of this group, topic, instance and lake. Its batches belong to no other.
    ///
    /// # Errors
    /// When the folder can't be used.
    pub(crate) fn open(settings: &Settings, topic: &str) -> anyhow::Result<Self> {
        let consumer = &settings.consumer;
        let lake = crc32fast::hash(settings.lake.url.as_bytes());
        // A checksum instead of the URL, which may be long and has separators.
        let parts = [&consumer.group_id, topic, &consumer.instance_id];
        let name: String = parts
            .map(|part| part.replace(|character: char| !character.is_ascii_alphanumeric(), "-"))
            .join(".");
        let name = format!("{name}.{lake:08x}");
        let is_named = !consumer.instance_id.is_empty();
        let directory = SpoolDirectory::take(&consumer.spool, &name, is_named)?;
        Ok(Self(Arc::new(Mutex::new(Spool::open(directory)?))))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Spool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs file operations on the blocking pool.
    pub(crate) async fn run_blocking<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&mut Spool) -> T + Send + 'static,
    ) -> anyhow::Result<T> {
        let shared = self.clone();
        let task = tokio::task::spawn_blocking(move || operation(&mut shared.lock()));
        Ok(task.await?)
    }
}
