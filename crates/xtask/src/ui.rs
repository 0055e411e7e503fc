//! `cargo xtask ui`: builds the browser UI into the folder that the dashboard embeds.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};

use crate::{command, paths, process, say};

/// Minimum major version of Node.js, required by Vite.
const NODE_MAJOR: u32 = 20;

/// Folders of the UI that hold generated files, not sources.
const GENERATED: [&str; 5] =
    ["node_modules", "dist", "test-results", "playwright-report", "coverage"];

/// Installs the packages and builds the page, each only if its sources have changed.
///
/// # Errors
/// Returns an error if Node or npm is missing or one of the steps fails.
pub fn build() -> Result<()> {
    // The lock file counts as a source: a page that is up to date was built with these packages.
    if is_up_to_date(&paths::ui())? {
        say!("ui: up to date");
        return Ok(());
    }
    install()?;
    npm(&["run", "build"])
}

/// Runs `npm ci` if `node_modules` is missing or belongs to another `package-lock.json`.
///
/// # Errors
/// Returns an error if Node or npm is missing, or npm fails.
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
    // The stamp is written last, so that an interrupted install starts over.
    fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))
}

/// Runs `npm` in the folder of the UI.
///
/// # Errors
/// Returns an error if npm fails.
pub fn npm(args: &[&str]) -> Result<()> {
    command::run(&mut command::program("npm", &paths::ui(), args))
}

/// Checks for Node.js and npm.
///
/// # Errors
/// Returns an error that names the missing tool or the outdated version.
pub fn ensure_tools() -> Result<()> {
    for tool in ["node", "npm"] {
        ensure!(
            process::find_program(tool).is_some(),
            "`{tool}` is not on the PATH, but the browser UI needs it: install Node.js {NODE_MAJOR} \
             or newer (https://nodejs.org)"
        );
    }
    let version = command::output(&mut command::program("node", &paths::root(), &["--version"]))?;
    match node_major(&version) {
        Some(major) if major >= NODE_MAJOR => Ok(()),
        _ => bail!("`node` is {}, but the browser UI needs {NODE_MAJOR} or newer", version.trim()),
    }
}

fn node_major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Returns true if the built page is newer than every source.
fn is_up_to_date(ui: &Path) -> Result<bool> {
    let Ok(built) = fs::metadata(ui.join("dist/index.html")).and_then(|page| page.modified())
    else {
        return Ok(false);
    };
    let newest = newest_source(ui).with_context(|| format!("reading {}", ui.display()))?;
    Ok(newest.is_none_or(|source| source < built))
}

/// Modification time of the newest source. Folders count too, because a removed file changes only
/// its folder.
fn newest_source(ui: &Path) -> io::Result<Option<SystemTime>> {
    let mut newest = None;
    let mut folders: Vec<PathBuf> = vec![ui.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            // Generated folders change with every build.
            if GENERATED.iter().any(|folder| entry.file_name() == *folder) {
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
    fn the_page_is_rebuilt_if_a_source_is_newer() {
        let dir = tempfile::tempdir().unwrap();
        let ui = dir.path();
        assert!(!is_up_to_date(ui).unwrap(), "there is no build yet");
        write(&ui.join("src/App.svelte"), 100);
        write(&ui.join("dist/index.html"), 50);
        write(&ui.join("node_modules/new.js"), 10);
        touch(&ui.join("src"), 100);
        assert!(is_up_to_date(ui).unwrap(), "installed packages are not sources");
        touch(&ui.join("src/App.svelte"), 20);
        assert!(!is_up_to_date(ui).unwrap());
        touch(&ui.join("src/App.svelte"), 100);
        touch(&ui.join("src"), 20);
        assert!(!is_up_to_date(ui).unwrap(), "a file was removed");
    }

    #[test]
    fn the_version_of_node_is_parsed() {
        assert_eq!(node_major("v20.20.2\n"), Some(20));
        assert_eq!(node_major("20"), None);
    }
}
