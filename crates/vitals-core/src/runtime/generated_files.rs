//! Comparison of committed files with those generated from Rust types. For tests.

use std::{collections::BTreeMap, fs, path::Path};

/// Panics unless the files of `committed` equal those of `generated`, or replaces them if the
/// environment sets `BLESS=1`. Subfolders are left alone: each belongs to another crate's test.
///
/// # Panics
/// If the files differ, or a folder cannot be read or written.
pub fn assert_current(committed: &Path, generated: &Path) {
    let expected = files(generated);
    if std::env::var_os("BLESS").is_some() {
        replace(committed, &expected);
    }
    let found = files(committed);
    let hint = format!("{} is not current; run the test again with BLESS=1", committed.display());
    assert_eq!(names(&found), names(&expected), "{hint}");
    for (name, text) in &expected {
        assert_eq!(&found[name], text, "{name}: {hint}");
    }
}

fn replace(folder: &Path, files_by_name: &BTreeMap<String, String>) {
    fs::create_dir_all(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for name in files(folder).keys() {
        let path = folder.join(name);
        fs::remove_file(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    for (name, text) in files_by_name {
        let path = folder.join(name);
        fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

/// The texts of the files directly in `folder`, by name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files = BTreeMap::new();
    for entry in entries {
        let path = entry.unwrap_or_else(|e| panic!("{}: {e}", folder.display())).path();
        if path.is_file() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path);
            files.insert(name, text.unwrap_or_else(|e| panic!("{}: {e}", path.display())));
        }
    }
    files
}

fn names(files: &BTreeMap<String, String>) -> Vec<&String> {
    files.keys().collect()
}
