//! Rules of the crate's layout, and the score against an independent implementation.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod icu_record;
mod news2;

use std::path::{Path, PathBuf};

/// Names banned from the pure part: effects, clocks, and the module that has them.
const BANNED: [&str; 11] = [
    "runtime::",
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
    "std::process",
    "SystemTime",
    "Instant",
    "Timestamp::now",
    "tokio",
    "rdkafka",
];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn the_domain_is_pure() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain"), &mut files);
    assert!(files.len() > 8, "the domain has moved: {files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        // Comments may mention the banned names.
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for (number, line) in code.enumerate() {
            for word in BANNED {
                assert!(!line.contains(word), "{}: line {number}: {word}", file.display());
            }
        }
    }
}
