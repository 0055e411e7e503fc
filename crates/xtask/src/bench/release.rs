//! Release builds: benches measure them, and run in the release build of this tool.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{command, paths};

/// The release build of one of the binaries.
///
/// # Errors
/// Returns an error if it isn't built.
pub fn binary(name: &str) -> Result<PathBuf> {
    let binary = paths::target().join("release").join(name);
    ensure!(
        binary.is_file(),
        "{} is not built: omit --no-build, or run cargo build --release --workspace --bins",
        binary.display()
    );
    Ok(binary)
}

/// Replaces a debug build of this tool by its release build, after building every binary unless
/// `no_build`. Returns only in the release build.
///
/// # Errors
/// Returns an error if the build fails.
pub fn ensure(no_build: bool) -> Result<()> {
    if !cfg!(debug_assertions) {
        return Ok(());
    }
    if !no_build {
        let build = ["build", "--release", "--workspace", "--bins"];
        command::run(&mut command::cargo(&build))?;
    }
    let this = binary("xtask")?;
    let error = Command::new(&this).args(std::env::args_os().skip(1)).exec();
    Err(error).with_context(|| format!("starting {}", this.display()))
}
