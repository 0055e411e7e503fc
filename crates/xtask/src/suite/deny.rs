//! `cargo deny`: licences, sources and duplicate versions, and advisories if their database is
//! reachable.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::runner::Verdict;
use crate::terminal::{Colour, paint};
use crate::{command, paths, say};

/// The version to install.
const VERSION: &str = "0.20.2";

/// Checks the dependencies of the workspace.
///
/// # Errors
/// Returns an error if a check fails or cargo-deny can't be installed.
pub(super) fn check() -> Result<Verdict> {
    let program = install()?;
    command::run(&mut deny(&program, &["check", "bans", "licenses", "sources"]))?;
    // The database comes over the network. A failed download is no finding about the dependencies,
    // so the step passes with a warning.
    if let Err(error) = command::output(&mut deny(&program, &["fetch", "db"])) {
        let warning = paint(Colour::Yellow, "warning");
        say!("{warning}: advisories NOT checked, their database can't be downloaded: {error:#}");
        return Ok(Verdict::Partial("advisories were not checked: no database"));
    }
    command::run(&mut deny(&program, &["check", "--disable-fetch", "advisories"]))?;
    Ok(Verdict::Passed)
}

fn deny(program: &Path, args: &[&str]) -> Command {
    let mut command = command::program(program, &paths::root(), &["--workspace"]);
    command.args(args);
    command
}

/// Installs the program under `target/tools` unless it exists there in this version.
fn install() -> Result<PathBuf> {
    let root = paths::target().join("tools");
    let program = root.join("bin/cargo-deny");
    let mut version = command::program(&program, &paths::root(), &["--version"]);
    let is_installed = command::output(&mut version)
        .is_ok_and(|text| text.trim() == format!("cargo-deny {VERSION}"));
    if !is_installed {
        let root = root.display().to_string();
        // A debug build compiles in half the time and checks this workspace in a second.
        let args =
            ["install", "cargo-deny", "--version", VERSION, "--locked", "--debug", "--root", &root];
        command::run(&mut command::cargo(&args))?;
    }
    Ok(program)
}
