//! `cargo xtask ui`: the browser UI, built into the folder that the dashboard embeds.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};

use crate::{command, paths, process, say};

/// Vite needs this or newer.
const NODE_MAJOR: u32 = 20;

/// Folders of the UI that are made, not written.
const MADE: [&str; 5] = ["node_modules", "dist", "test-results", "playwright-report", "coverage"];

/// Installs the packages and builds, each only when something has changed since.
///
/// # Errors
/// When Node or npm is missing or one of the steps fails.
pub fn build() -> Result<()> {
    // The lock file is one of the sources: what is built was built with these packages.
    if is_built(&paths::ui())? {
        say!("ui: up to date");
        return Ok(());
    }
    install()?;
    npm(&["run", "build"])
}

/// `npm ci`, when `node_modules` is missing or `package-lock.json` is not the one it was made from.
///
/// # Errors
/// When Node or npm is missing, or npm fails.
pub fn install() -> Result<()> {
    ensure_tools()?;
    let ui = paths::ui();
    let lock_file = ui.join("package-lock.json");
    let wanted =
        fs::read(&lock_file).with_context(|| format!("reading {}", lock_file.display()))?;
    let stamp = paths::target().join("ui/package-lock.json");
    let installed = ui.join("node_modules").is_dir();
    if installed && fs::read(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    npm(&["ci", "--no-audit", "--no-fund"])?;
    if let Some(folder) = stamp.parent() {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    }
    // The stamp goes last: an interrupted install starts over.
    fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))
}

/// Runs `npm` in the UI's folder.
///
/// # Errors
/// When it fails.
pub fn npm(args: &[&str]) -> Result<()> {
    command::run(&mut command::program("npm", &paths::ui(), args))
}

/// Says precisely what of Node is missing.
///
/// # Errors
/// When something is missing or too old.
pub fn ensure_tools() -> Result<()> {
    for tool in ["node", "npm"] {
        ensure!(
            process::find_program(tool).is_some(),
            "no `{tool}` on the PATH, which builds the browser UI: install Node.js {NODE_MAJOR} or \
             newer (https://nodejs.org)"
        );
    }
    let version = command::output(&mut command::program("node", &paths::root(), &["--version"]))?;
    match node_major(&version) {
        Some(major) if major >= NODE_MAJOR => Ok(()),
        _ => bail!("`node` is {}, and the browser UI needs {NODE_MAJOR} or newer", version.trim()),
    }
}

fn node_major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Whether the built page is newer than everything it is made from.
fn is_built(ui: &Path) -> Result<bool> {
    let Ok(built) = fs::metadata(ui.join("dist/index.html")).and_then(|page| page.modified())
    else {
        return Ok(false);
    };
    let newest = newest_source(ui).with_context(|| format!("reading {}", ui.display()))?;
    Ok(newest.is_none_or(|source| source < built))
}

/// When the youngest source was written; folders count too, as a removed file only shows there.
fn newest_source(ui: &Path) -> io::Result<Option<SystemTime>> {
    let mut newest = None;
    let mut folders: Vec<PathBuf> = vec![ui.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if MADE.iter().any(|made| entry.file_name() == *made) {
                continue;
            }
            newest = newest.max(Some(metadata.modified()?));
            if metadata.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn write(file: &Path, age_s: u64) {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "x").unwrap();
        touch(file, age_s);
    }

    fn touch(path: &Path, age_s: u64) {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000 - age_s);
        fs::File::open(path).unwrap().set_modified(time).unwrap();
    }

    #[test]
    fn it_is_built_again_when_a_source_is_newer() {
        let dir = tempfile::tempdir().unwrap();
        let ui = dir.path();
        assert!(!is_built(ui).unwrap(), "nothing was ever built");
        write(&ui.join("src/App.svelte"), 100);
        write(&ui.join("dist/index.html"), 50);
        write(&ui.join("node_modules/new.js"), 10);
        touch(&ui.join("src"), 100);
        assert!(is_built(ui).unwrap(), "installed packages are not sources");
        touch(&ui.join("src/App.svelte"), 20);
        assert!(!is_built(ui).unwrap());
        touch(&ui.join("src/App.svelte"), 100);
        touch(&ui.join("src"), 20);
        assert!(!is_built(ui).unwrap(), "a file was removed");
    }

    #[test]
    fn the_version_of_node_is_read() {
        assert_eq!(node_major("v20.20.2\n"), Some(20));
        assert_eq!(node_major("20"), None);
    }
}
