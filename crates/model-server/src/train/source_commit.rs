//! The commit of the source that a training run is compiled from.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// What the program is compiled from, relative to the root of the repository. The data has a digest of
/// its own, and saved models are output.
const SOURCES: [&str; 8] = [
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    "crates/model-server/Cargo.toml",
    "crates/model-server/src",
    "crates/vitals-core/Cargo.toml",
    "crates/vitals-core/src",
    "crates/workspace-hack",
];

/// The suffix of a commit whose sources have changed since.
pub(crate) const DIRTY: &str = "-dirty";

/// The commit that is checked out around `folder`, with [`DIRTY`] appended if a source has changed or
/// was added since; `None` outside a repository of this project.
pub(super) fn source_commit(folder: &Path) -> Option<String> {
    let root = PathBuf::from(git(folder, &["rev-parse", "--show-toplevel"])?);
    // Another repository may surround the folder in which an installed program runs.
    if !root.join("crates/model-server/src/lib.rs").exists() {
        return None;
    }
    let commit = git(&root, &["rev-parse", "--verify", "HEAD"])?;
    let status = ["status", "--porcelain", "--untracked-files=all", "--"];
    let changes = git(&root, &[status.as_slice(), &SOURCES].concat())?;
    Some(if changes.is_empty() { commit } else { format!("{commit}{DIRTY}") })
}

/// The output of a git command; `None` if it failed or there is no git.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").current_dir(folder).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Runs git without the settings of the machine.
    fn run(root: &Path, arguments: &[&str]) {
        let status = Command::new("git")
            .current_dir(root)
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
            .args(["-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    }

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn commit_all(root: &Path) {
        run(root, &["add", "--all"]);
        run(root, &["commit", "--quiet", "--message", "test"]);
    }

    #[test]
    fn only_changed_sources_make_a_commit_dirty() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        run(root, &["init", "--quiet"]);
        write(root, "crates/model-server/src/lib.rs", "");
        write(root, "models/spline/1/manifest.json", "{}");
        commit_all(root);
        let commit = source_commit(root).unwrap();
        assert_eq!(commit.len(), 40);

        // What training itself writes, and what it does not read.
        write(root, "models/spline/1/manifest.json", "{\"version\": 2}");
        write(root, "models/boosted/1/manifest.json", "{}");
        write(root, "docs/model/README.md", "more");
        assert_eq!(source_commit(&root.join("models")), Some(commit.clone()));

        let dirty = Some(format!("{commit}{DIRTY}"));
        for (path, text) in
            [("crates/model-server/src/lib.rs", "mod new;"), ("crates/vitals-core/src/new.rs", "")]
        {
            write(root, path, text);
            assert_eq!(source_commit(root), dirty, "{path}");
            run(root, &["add", "--all"]);
            assert_eq!(source_commit(root), dirty, "{path}, staged");
            commit_all(root);
            assert_ne!(source_commit(root), dirty, "{path}, committed");
            run(root, &["reset", "--quiet", "--hard", &commit]);
            assert_eq!(source_commit(root), Some(commit.clone()));
        }
    }

    #[test]
    fn another_repository_is_not_the_source() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        run(root, &["init", "--quiet"]);
        write(root, "README.md", "");
        commit_all(root);
        assert_eq!(source_commit(root), None);
    }
}
