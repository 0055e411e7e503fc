//! The spool's directory: file names, lock, watermarks, quarantine.

use std::{
    fmt::Display,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use vitals_core::runtime::{clock::now_ms, config::SpoolSettings};

use super::format::SpooledRange;
use crate::metrics;

/// Extension of a complete batch.
const BATCH: &str = "batch";

/// Extension of a batch that is being written.
const PARTIAL: &str = "part";

/// The subdirectory of quarantined files.
const QUARANTINE: &str = "quarantine";

/// Maximum number of unnamed instances on one host: each takes a directory of its own.
const MAX_UNNAMED_INSTANCES: usize = 32;

/// Timeout for the previous process to release the directory.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

const LOCK_RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// A directory that this process has locked.
#[derive(Debug)]
pub(crate) struct SpoolDirectory {
    path: PathBuf,
    limits: SpoolSettings,
    /// Held until the process ends.
    _lock: File,
}

impl SpoolDirectory {
    /// Locks the directory `name` in the spool folder of the settings. An instance without a name
    /// (`named` is false) takes the first of several directories that is free.
    ///
    /// # Errors
    /// When the directory can't be created, or another process has locked it.
    pub(crate) fn take(limits: &SpoolSettings, name: &str, named: bool) -> anyhow::Result<Self> {
        let candidates = if named { 1 } else { MAX_UNNAMED_INSTANCES };
        let deadline = Instant::now() + LOCK_TIMEOUT;
        loop {
            // A named instance has one directory, which it finds again after a restart.
            for slot in 0..candidates {
                if let Some(directory) = Self::try_take(limits, &format!("{name}.{slot}"))? {
                    return Ok(directory);
                }
            }
            if Instant::now() > deadline {
                bail!(
                    "consumer.spool.folder: another consumer uses {name} in {}; give every \
                     instance on this host its own consumer.instance_id",
                    limits.folder
                );
            }
            // The previous process may be about to end.
            std::thread::sleep(LOCK_RETRY_INTERVAL);
        }
    }

    /// Locks the directory `name`. Returns `None` if another process has locked it.
    fn try_take(limits: &SpoolSettings, name: &str) -> anyhow::Result<Option<Self>> {
        let path = Path::new(&limits.folder).join(name);
        let context = format!("consumer.spool.folder: can't use {}", path.display());
        fs::create_dir_all(path.join(QUARANTINE)).context(context.clone())?;
        // The lock ends with the process, so a crash leaves no stale lock.
        let lock = File::create(path.join("lock")).context(context.clone())?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self { path, limits: limits.clone(), _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error).context(context),
        }
    }

    /// The file of a batch.
    pub(super) fn path(&self, sequence: u64) -> PathBuf {
        self.path.join(format!("{sequence:016}.{BATCH}"))
    }

    /// The batches in the directory, in order. Partial files are removed.
    pub(super) fn sequences(&self) -> io::Result<Vec<u64>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            match path.extension().and_then(|extension| extension.to_str()) {
                Some(BATCH) => {
                    let name = path.file_stem().and_then(|name| name.to_str());
                    found.extend(name.and_then(|name| name.parse::<u64>().ok()));
                }
                // Left by a crash: a batch counts as stored once it is renamed, so Kafka's offsets
                // are read again.
                Some(PARTIAL) => fs::remove_file(&path)?,
                _ => {}
            }
        }
        // The file system returns the files in any order; their batches have one.
        found.sort_unstable();
        Ok(found)
    }

    /// Creates a batch's file with `write`: complete or not at all, even if the power fails.
    pub(super) fn create(
        &self,
        sequence: u64,
        write: impl FnOnce(&Path) -> io::Result<u64>,
    ) -> io::Result<u64> {
        let path = self.path(sequence);
        let partial = path.with_extension(PARTIAL);
        let written = write(&partial).and_then(|bytes| {
            fs::rename(&partial, &path)?;
            // The new name survives a power failure once the directory is synced.
            File::open(&self.path)?.sync_all()?;
            Ok(bytes)
        });
        if written.is_err() {
            // Frees the disk. If it fails, the next start removes the partial file.
            let _absent = fs::remove_file(&partial);
            let _absent = fs::remove_file(&path);
        }
        written
    }

    /// Fails if `needed` more bytes would exceed a watermark.
    pub(super) fn check_room(&self, used: u64, needed: u64) -> io::Result<()> {
        let disk = nix::sys::statvfs::statvfs(&self.path)?;
        let free = disk.blocks_available() * disk.fragment_size();
        if used + needed > self.limits.max_bytes
            || free.saturating_sub(needed) < self.limits.min_free_bytes
        {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    /// Removes a drained batch. If that fails, the batch reappears after a restart, and its
    /// commit plan drops it as already archived.
    pub(super) fn remove(&self, sequence: u64) {
        if let Err(error) = fs::remove_file(self.path(sequence)) {
            tracing::warn!(%error, spool.sequence = sequence, "failed to remove a drained spool file");
        }
    }

    /// Moves a file that can't be committed to the quarantine, for an operator.
    pub(super) fn quarantine(&self, sequence: u64, reason: &dyn Display, ranges: &[SpooledRange]) {
        metrics::add_quarantined_file();
        let file = self.path(sequence);
        let name = format!("{sequence:016}.{}.{BATCH}", now_ms());
        let quarantined = self.path.join(QUARANTINE).join(name);
        tracing::error!(
            spool.file = %quarantined.display(),
            %reason,
            kafka.offsets = describe(ranges),
            "quarantined a damaged spool file; its offsets are read again from Kafka"
        );
        if let Err(error) = fs::rename(&file, &quarantined) {
            tracing::error!(%error, spool.file = %file.display(), "failed to quarantine a file");
        }
    }

    pub(super) fn quarantined_files(&self) -> usize {
        fs::read_dir(self.path.join(QUARANTINE)).map_or(0, Iterator::count)
    }
}

fn describe(ranges: &[SpooledRange]) -> String {
    if ranges.is_empty() {
        return "unreadable".to_owned();
    }
    let described: Vec<String> = ranges
        .iter()
        .map(|it| format!("partition {}: {}..{}", it.partition, it.offsets.start, it.offsets.end))
        .collect();
    described.join(", ")
}
