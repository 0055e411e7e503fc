//! Creates the folder of the built pages, because embedding requires it, and rebuilds the crate
//! when the folder changes. `cargo xtask ui` builds the pages.

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let dist = Path::new("ui/dist");
    fs::create_dir_all(dist)?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", dist.display());
    Ok(())
}
