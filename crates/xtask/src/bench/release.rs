//! What is measured is a release build, this tool included.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{command, paths};

/// The release binary of one of the services.
///
/// # Errors
/// When it isn't built.
pub fn binary(name: &str) -> Result<PathBuf> {
    let binary = paths::target().join("release").join(name);
    ensure!(
        binary.is_file(),
        "{} is not built: leave --no-build out, or cargo build --release --workspace --bins",
        binary.display()
    );
    Ok(binary)
}

/// Goes on as the release build of this tool, after every binary was built unless `no_build`.
/// Returns only where this already is that build.
///
/// # Errors
/// When the build fails.
pub fn ensure(no_build: bool) -> Result<()> {
    if !cfg!(debug_assertions) {
        return Ok(());
    }
    if !no_build {
        // Of the whole workspace: another choice of packages would give dependencies other
        // features, and compile DataFusion once more.
        let build = ["build", "--release", "--workspace", "--bins"];
        command::run(&mut command::cargo(&build))?;
    }
    let this = binary("xtask")?;
    let error = Command::new(&this).args(std::env::args_os().skip(1)).exec();
    Err(error).with_context(|| format!("starting {}", this.display()))
}
