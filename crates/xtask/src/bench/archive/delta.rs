//! A Delta log as files: which commit came when, moved which positions, and what files are live.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};
use serde_json::Value;

/// One commit.
#[derive(Debug)]
pub(crate) struct Commit {
    /// When its file was written.
    pub(crate) time: SystemTime,
    /// Application id to version: `cluster/topic/partition` to the next offset.
    pub(crate) positions: BTreeMap<String, i64>,
    added: Vec<(String, u64)>,
    removed: Vec<String>,
}

/// Every commit of a table on the local disk, the oldest first.
pub(crate) fn commits(table: &Path) -> Result<Vec<Commit>> {
    let log = table.join("_delta_log");
    let mut files = Vec::new();
    for entry in fs::read_dir(&log).with_context(|| format!("reading {}", log.display()))? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let is_commit = stem.len() == 20 && stem.bytes().all(|byte| byte.is_ascii_digit());
        if is_commit && path.extension().is_some_and(|it| it == "json") {
            files.push(path);
        }
    }
    files.sort();
    files.iter().map(|file| commit(file)).collect()
}

fn commit(file: &Path) -> Result<Commit> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let time = fs::metadata(file)?.modified()?;
    let mut commit =
        Commit { time, positions: BTreeMap::new(), added: Vec::new(), removed: Vec::new() };
    for line in text.lines() {
        let action: Value =
            serde_json::from_str(line).with_context(|| format!("reading {}", file.display()))?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let (txn, add, remove) = (&action["txn"], &action["add"], &action["remove"]);
        if let (Some(id), Some(version)) = (text(&txn["appId"]), txn["version"].as_i64()) {
            commit.positions.insert(id, version);
        }
        if let (Some(path), Some(size)) = (text(&add["path"]), add["size"].as_u64()) {
            commit.added.push((path, size));
        }
        commit.removed.extend(text(&remove["path"]));
    }
    Ok(commit)
}

/// The live files of a table: how many, and their bytes.
pub(crate) fn live(commits: &[Commit]) -> (usize, u64) {
    let mut files: HashMap<&str, u64> = HashMap::new();
    for commit in commits {
        for path in &commit.removed {
            files.remove(path.as_str());
        }
        files.extend(commit.added.iter().map(|(path, size)| (path.as_str(), *size)));
    }
    (files.len(), files.values().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_and_live_files_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("_delta_log");
        fs::create_dir(&log).unwrap();
        let write = |name: &str, text: &str| fs::write(log.join(name), text).unwrap();
        write("00000000000000000000.json", r#"{"metaData":{}}"#);
        write(
            "00000000000000000001.json",
            "{\"txn\":{\"appId\":\"c/t/0\",\"version\":7}}\n{\"add\":{\"path\":\"a\",\"size\":5}}",
        );
        write(
            "00000000000000000002.json",
            "{\"remove\":{\"path\":\"a\"}}\n{\"add\":{\"path\":\"b\",\"size\":3}}",
        );
        write("00000000000000000002.checkpoint.parquet", "");
        write("_last_checkpoint", "{}");
        let commits = commits(dir.path()).unwrap();
        assert_eq!(commits.len(), 3);
        assert_eq!(commits[1].positions["c/t/0"], 7);
        assert_eq!(live(&commits), (1, 3));
    }
}
