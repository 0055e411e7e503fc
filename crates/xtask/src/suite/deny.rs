//! `cargo deny`: licences, sources and duplicate versions always, advisories when their database can
//! be had.

use std::path::PathBuf;

use anyhow::Result;

use super::steps::Verdict;
use crate::terminal::{Colour, paint};
use crate::{command, paths, say};

/// The version that is installed when there is none.
const VERSION: &str = "0.20.2";

/// Checks the dependencies.
///
/// # Errors
/// When it finds something, or can't be installed.
pub(super) fn check() -> Result<Verdict> {
    let deny = program()?;
    let deny = |args: &[&str]| command::program(&deny, &paths::root(), args);
    command::run(&mut deny(&["--workspace", "check", "bans", "licenses", "sources"]))?;
    // The database comes over the network. That it can't be fetched says nothing about the
    // dependencies; that it was, and names one of them, does.
    if let Err(error) = command::output(&mut deny(&["--workspace", "fetch", "db"])) {
        let warning = paint(Colour::Yellow, "warning");
        say!("{warning}: advisories NOT checked, their database could not be fetched: {error:#}");
        return Ok(Verdict::Partly("advisories were not checked: no database"));
    }
    command::run(&mut deny(&["--workspace", "check", "--disable-fetch", "advisories"]))?;
    Ok(Verdict::Passed)
}

/// The program under `target/tools`, installed first when it isn't there in this version.
fn program() -> Result<PathBuf> {
    let root = paths::target().join("tools");
    let program = root.join("bin/cargo-deny");
    let mut version = command::program(&program, &paths::root(), &["--version"]);
    let is_there = command::output(&mut version)
        .is_ok_and(|text| text.trim() == format!("cargo-deny {VERSION}"));
    if !is_there {
        let root = root.display().to_string();
        // Unoptimised it compiles in half the time, and takes a second for this workspace.
        let args =
            ["install", "cargo-deny", "--version", VERSION, "--locked", "--debug", "--root", &root];
        command::run(&mut command::cargo(&args))?;
    }
    Ok(program)
}
