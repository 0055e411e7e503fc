//! A Python environment under `target/`, with the packages that check our work from outside or are compared with it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::{command, paths, process};

/// The interpreter of the environment for tests, with what `services/requirements.txt` lists.
///
/// # Errors
/// As [`environment_of`].
pub fn environment() -> Result<PathBuf> {
    let requirements = paths::root().join("crates/xtask/services/requirements.txt");
    environment_of(&paths::target().join("venv"), &requirements)
}

/// The interpreter of the environment in `venv`, which is made first when it is missing or
/// `requirements` has changed.
///
/// # Errors
/// When Python is missing or a package can't be installed.
pub fn environment_of(venv: &Path, requirements: &Path) -> Result<PathBuf> {
    let python = venv.join("bin/python");
    let wanted =
        fs::read(requirements).with_context(|| format!("reading {}", requirements.display()))?;
    let stamp = venv.join("requirements.txt");
    if python.exists() && fs::read(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(python);
    }
    ensure!(
        process::find_program("python3").is_some(),
        "no `python3` on the PATH, for the independent reader: install Python 3.10 or newer with \
         venv (Debian: python3-venv)"
    );
    let root = paths::root();
    let folder = venv.display().to_string();
    command::run(&mut command::program("python3", &root, &["-m", "venv", "--clear", &folder]))?;
    let list = requirements.display().to_string();
    let install = ["-m", "pip", "install", "--quiet", "--requirement", &list];
    command::run(&mut command::program(&python, &root, &install))?;
    // The stamp goes last: an interrupted install starts over.
    fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))?;
    Ok(python)
}

/// The environment `target/VENV` from `services/LIST`, as [`environment_of`].
///
/// # Errors
/// When Python is missing or a package can't be installed.
pub fn environment_named(venv: &str, list: &str) -> Result<PathBuf> {
    let requirements = paths::root().join("crates/xtask/services").join(list);
    environment_of(&paths::target().join(venv), &requirements)
}
