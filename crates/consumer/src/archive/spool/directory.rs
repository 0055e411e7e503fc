//! The spool's folder: names, the lock, room, what is quarantined.

use std::{
    fmt::Display,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use metrics::counter;
use vitals_core::runtime::{clock::now_ms, config::SpoolSettings};

use super::format::Range;

const ENDING: &str = "batch";
const QUARANTINE: &str = "quarantine";

/// Folders for instances without a name on one host.
const SLOTS: usize = 32;

/// How long a process waits for the one before it to let go of the folder.
const PATIENCE: Duration = Duration::from_secs(5);

/// A folder that no other process uses.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    limits: SpoolSettings,
    /// Held as long as the process lives.
    _lock: File,
}

impl Folder {
    /// Takes the folder `name` below the one that the settings name. An instance without a name
    /// of its own takes the first of several folders that no other process has.
    ///
    /// # Errors
    /// When it can't be created, or another process has it.
    pub(crate) fn take(limits: &SpoolSettings, name: &str, named: bool) -> anyhow::Result<Self> {
        let started = Instant::now();
        loop {
            for slot in 0..if named { 1 } else { SLOTS } {
                let path = Path::new(&limits.folder).join(format!("{name}.{slot}"));
                let failed = || format!("consumer.spool.folder: can't use {}", path.display());
                fs::create_dir_all(path.join(QUARANTINE)).with_context(failed)?;
                let lock = File::create(path.join("lock")).with_context(failed)?;
                match lock.try_lock() {
                    Ok(()) => return Ok(Self { path, limits: limits.clone(), _lock: lock }),
                    Err(TryLockError::WouldBlock) => {}
                    Err(TryLockError::Error(error)) => return Err(error).with_context(failed),
                }
            }
            if started.elapsed() > PATIENCE {
                bail!(
                    "consumer.spool.folder: another consumer uses {name} in {}; give every \
                     instance on this host its own consumer.instance_id",
                    limits.folder
                );
            }
            // The process before this one may be about to end.
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    pub(crate) fn path(&self, sequence: u64) -> PathBuf {
        self.path.join(format!("{sequence:016}.{ENDING}"))
    }

    /// The batches in the folder, in order. Files that were never finished are removed.
    pub(crate) fn sequences(&self) -> io::Result<Vec<u64>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            match path.extension().and_then(|ending| ending.to_str()) {
                Some(ENDING) => {
                    let name = path.file_stem().and_then(|name| name.to_str());
                    found.extend(name.and_then(|name| name.parse::<u64>().ok()));
                }
                Some("part") => fs::remove_file(&path)?,
                _ => {}
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Creates a batch's file, whole or not at all, so that it survives a loss of power.
    pub(crate) fn create(
        &self,
        sequence: u64,
        write: impl FnOnce(&Path) -> io::Result<u64>,
    ) -> io::Result<u64> {
        let path = self.path(sequence);
        let part = path.with_extension("part");
        let written = write(&part).and_then(|bytes| {
            fs::rename(&part, &path)?;
            File::open(&self.path)?.sync_all()?;
            Ok(bytes)
        });
        if written.is_err() {
            // What is left of it takes room, and the next start removes it anyway.
            let _gone = fs::remove_file(&part);
            let _gone = fs::remove_file(&path);
        }
        written
    }

    /// Fails when `needed` more bytes would pass a watermark.
    pub(crate) fn check_room(&self, used: u64, needed: u64) -> io::Result<()> {
        let disk = nix::sys::statvfs::statvfs(&self.path)?;
        let free = disk.blocks_available() * disk.fragment_size();
        if used + needed > self.limits.max_bytes
            || free.saturating_sub(needed) < self.limits.min_free_bytes
        {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    pub(crate) fn remove(&self, sequence: u64) {
        if let Err(error) = fs::remove_file(self.path(sequence)) {
            // It will be seen again after a restart, and dropped as already covered.
            tracing::warn!(%error, sequence, "can't remove a file of the spool");
        }
    }

    /// Keeps a file that can't go into the lake out of the way, for people to look at.
    pub(crate) fn quarantine(&self, sequence: u64, reason: &dyn Display, ranges: &[Range]) {
        counter!("vitals_archive_spool_quarantined_total").increment(1);
        let offsets: Vec<_> = ranges
            .iter()
            .map(|it| format!("partition {}: {}..{}", it.partition, it.start, it.end))
            .collect();
        let offsets =
            if offsets.is_empty() { "not readable".to_owned() } else { offsets.join(", ") };
        let file = self.path(sequence);
        let aside =
            self.path.join(QUARANTINE).join(format!("{sequence:016}.{}.{ENDING}", now_ms()));
        tracing::error!(
            spool.file = %aside.display(), %reason, offsets,
            "a file of the spool is quarantined; its offsets are read again from Kafka"
        );
        if let Err(error) = fs::rename(&file, &aside) {
            tracing::error!(%error, spool.file = %file.display(), "can't set it aside");
        }
    }

    pub(crate) fn quarantined_files(&self) -> usize {
        fs::read_dir(self.path.join(QUARANTINE)).map_or(0, Iterator::count)
    }
}
