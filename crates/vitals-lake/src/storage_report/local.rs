//! The storage of a local lake.

use std::{
    fs,
    io::{self, ErrorKind},
    path::Path,
};

use anyhow::Context as _;
use nix::sys::statvfs::statvfs;

use super::StorageReport;

/// Measures the file system of `root`, and the files below it. Blocks.
pub(super) fn report(root: &Path) -> anyhow::Result<StorageReport> {
    let disk = statvfs(root).with_context(|| format!("statvfs {}", root.display()))?;
    let block_bytes = disk.fragment_size();
    let mut report = StorageReport {
        capacity_bytes: Some(disk.blocks() * block_bytes),
        used_bytes: Some((disk.blocks() - disk.blocks_free()) * block_bytes),
        // Without the blocks that are reserved for the superuser.
        remaining_bytes: Some(disk.blocks_available() * block_bytes),
        ..StorageReport::default()
    };
    add_folder(root, &mut report).with_context(|| format!("read {}", root.display()))?;
    Ok(report)
}

fn add_folder(folder: &Path, report: &mut StorageReport) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // Does not follow symbolic links, so the walk ends.
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => add_folder(&entry.path(), report)?,
            Ok(metadata) => {
                report.lake_files += 1;
                report.lake_bytes += metadata.len();
            }
            // A temporary file of a commit, renamed or deleted since the folder was listed.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
