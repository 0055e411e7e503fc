//! Python environments under `target/`: for the independent reader and for the baselines.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::{command, paths, process};

/// Creates the environment of the tests and returns its interpreter; the packages are those of
/// `services/requirements.txt`.
///
/// # Errors
/// See [`environment_of`].
pub fn environment() -> Result<PathBuf> {
    let requirements = paths::root().join("crates/xtask/services/requirements.txt");
    environment_of(&paths::target().join("venv"), &requirements)
}

/// Creates the environment in `venv`, unless it exists with the same `requirements`, and returns
/// its interpreter.
///
/// # Errors
/// Returns an error if Python is missing or a package can't be installed.
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
        "`python3` is not on the PATH, but the independent reader and the baselines need it: install \
         Python 3.10 or newer with venv (Debian: python3-venv)"
    );
    // `--clear` removes packages of other requirements.
    let root = paths::root();
    let folder = venv.display().to_string();
    command::run(&mut command::program("python3", &root, &["-m", "venv", "--clear", &folder]))?;
    let list = requirements.display().to_string();
    let install = ["-m", "pip", "install", "--quiet", "--requirement", &list];
    command::run(&mut command::program(&python, &root, &install))?;
    // The stamp is written last, so that an interrupted install starts over.
    fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))?;
    Ok(python)
}

/// Creates the environment `target/VENV` from `services/LIST`; see [`environment_of`].
///
/// # Errors
/// Returns an error if Python is missing or a package can't be installed.
pub fn environment_named(venv: &str, list: &str) -> Result<PathBuf> {
    let requirements = paths::root().join("crates/xtask/services").join(list);
    environment_of(&paths::target().join(venv), &requirements)
}
