//! Paths in the workspace.

use std::path::{Path, PathBuf};

/// The workspace root: the folder with `Cargo.lock` and `config.toml`.
#[must_use]
pub fn root() -> PathBuf {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_dir.ancestors().nth(2).unwrap_or(crate_dir).to_path_buf()
}

/// The build folder, which holds everything that this tool creates; `cargo clean` removes it.
#[must_use]
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// The dev build of one of the binaries.
#[must_use]
pub fn binary(service: &str) -> PathBuf {
    target().join("debug").join(service)
}

/// The sources of the browser UI.
#[must_use]
pub fn ui() -> PathBuf {
    root().join("crates/dashboard/ui")
}
