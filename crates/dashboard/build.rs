//! Makes sure that the folder of the built pages exists, because embedding it needs one, and
//! compiles again when it changes. The pages themselves are built by `cargo xtask ui`.

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let dist = Path::new("ui/dist");
    fs::create_dir_all(dist)?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", dist.display());
    Ok(())
}
