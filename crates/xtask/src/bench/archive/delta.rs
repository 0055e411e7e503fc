//! Reads the log of a Delta table: time, positions and files of every commit.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};
use serde_json::Value;

/// A commit of the table.
#[derive(Debug)]
pub(crate) struct Commit {
    /// Modification time of its log file.
    pub(crate) time: SystemTime,
    /// Positions: `cluster/topic/partition` to the next offset.
    pub(crate) positions: BTreeMap<String, i64>,
    added: Vec<(String, u64)>,
    removed: Vec<String>,
}

/// Reads every commit of a table on the local disk, oldest first.
pub(crate) fn commits(table: &Path) -> Result<Vec<Commit>> {
    let log = table.join("_delta_log");
    let mut files = Vec::new();
    for entry in fs::read_dir(&log).with_context(|| format!("reading {}", log.display()))? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        // Checkpoints and their hint share the folder; a commit's name is its version, 20 digits.
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
        commit.apply(&action);
    }
    Ok(commit)
}

impl Commit {
    fn apply(&mut self, action: &Value) {
        let txn = &action["txn"];
        if let (Some(id), Some(version)) = (txn["appId"].as_str(), txn["version"].as_i64())
            && is_position(id)
        {
            self.positions.insert(id.to_owned(), version);
        }
        let add = &action["add"];
        if let (Some(path), Some(size)) = (add["path"].as_str(), add["size"].as_u64()) {
            self.added.push((path.to_owned(), size));
        }
        if let Some(path) = action["remove"]["path"].as_str() {
            self.removed.push(path.to_owned());
        }
    }
}

/// Returns true for the application id of a position, `cluster/topic/partition`, as in
/// `vitals_lake::position`. Other ids are `log/topic/partition` (the generation), have a prefix and
/// four parts (`begin`, `last`, `stopped`), or belong to maintenance.
fn is_position(app_id: &str) -> bool {
    match app_id.split('/').collect::<Vec<_>>()[..] {
        [cluster, _, partition] => cluster != "log" && partition.parse::<i32>().is_ok(),
        _ => false,
    }
}

/// Number and total bytes of the table's live files.
pub(crate) fn live_files(commits: &[Commit]) -> (usize, u64) {
    let mut files: HashMap<&str, u64> = HashMap::new();
    for commit in commits {
        // A commit may replace files that an earlier one added.
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
    fn positions_and_live_files_are_parsed() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("_delta_log");
        fs::create_dir(&log).unwrap();
        let files = [
            ("00000000000000000000.json", r#"{"metaData":{}}"#),
            (
                "00000000000000000001.json",
                "{\"txn\":{\"appId\":\"c/t/0\",\"version\":7}}\n{\"add\":{\"path\":\"a\",\"size\":5}}",
            ),
            (
                "00000000000000000002.json",
                "{\"remove\":{\"path\":\"a\"}}\n{\"add\":{\"path\":\"b\",\"size\":3}}",
            ),
            ("00000000000000000002.checkpoint.parquet", ""),
            ("_last_checkpoint", "{}"),
        ];
        for (name, text) in files {
            fs::write(log.join(name), text).unwrap();
        }
        let commits = commits(dir.path()).unwrap();
        assert_eq!(commits.len(), 3);
        assert_eq!(commits[1].positions["c/t/0"], 7);
        assert_eq!(live_files(&commits), (1, 3));
    }

    #[test]
    fn only_positions_of_the_archive_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("_delta_log");
        fs::create_dir_all(log.join("_staged_commits")).unwrap();
        let txn = |id: &str, version: i64| {
            format!(r#"{{"txn":{{"appId":"{id}","version":{version},"lastUpdated":5}}}}"#)
        };
        let begun = [txn("log/vitals/3", 2), txn("begin/c#2/vitals/3", 4), txn("c#2/vitals/3", 4)];
        // The version of the last message is a distance and a fingerprint.
        let moved = [
            txn("c#2/vitals/3", 9),
            txn("last/c#2/vitals/3", (1 << 32) | 77),
            txn("stopped/c#2/vitals/3", 1_763_812_800_000),
        ];
        let maintained =
            [txn("vitals/rewrite", 9), txn("vitals/rewrite-alive", 1), txn("vitals/checkpoint", 2)];
        let files = [
            ("00000000000000000000.json", begun.join("\n")),
            ("00000000000000000001.json", moved.join("\n")),
            ("00000000000000000002.json", maintained.join("\n")),
            ("00000000000000000001.checkpoint.80a083e8-7026-4e79.json", txn("c/vitals/3", 1)),
            ("00000000000000000000.00000000000000000001.compacted.json", txn("c/vitals/3", 1)),
            ("00000000000000000001.crc", txn("c/vitals/3", 1)),
            ("_commit_4711.json.tmp", String::new()),
        ];
        for (name, text) in files {
            fs::write(log.join(name), text).unwrap();
        }
        let found: Vec<_> =
            commits(dir.path()).unwrap().into_iter().map(|it| it.positions).collect();
        let position = |next| BTreeMap::from([("c#2/vitals/3".to_owned(), next)]);
        assert_eq!(found, [position(4), position(9), BTreeMap::new()]);
    }
}
