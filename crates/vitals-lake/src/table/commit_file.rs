//! The names of commits in a table's log.

use deltalake::Path;

/// The version of a commit file; `None` for any other file. A commit is complete from the moment
/// it has its final name; a file that is still being written has another one.
pub(crate) fn commit_version(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".json")?;
    let is_version = digits.len() == 20 && digits.bytes().all(|it| it.is_ascii_digit());
    if is_version { digits.parse().ok() } else { None }
}

/// The path of the commit of a version, relative to the table.
pub(crate) fn commit_path(version: u64) -> Path {
    Path::from(format!("_delta_log/{version:020}.json"))
}
