//! The features of third-party crates in builds of single packages and of the whole workspace.

use std::collections::BTreeSet;
use std::fs;

use crate::{command, paths};

/// Third-party crates below the selected packages, each with its version and features.
fn third_party(selection: &[&str]) -> BTreeSet<String> {
    let args = ["tree", "--locked", "--edges", "normal,build,dev", "--prefix", "none"];
    let mut tree = command::cargo(&args);
    tree.args(["--format", "{p} [{f}]"]).args(selection);
    let crates = command::output(&mut tree).unwrap();
    // ` (*)` marks a repeated crate, and a path a crate of the workspace.
    let crates = crates.lines().map(|line| line.trim_end_matches(" (*)"));
    crates.filter(|line| !line.contains(" (/")).map(ToOwned::to_owned).collect()
}

#[test]
fn every_package_compiles_dependencies_with_the_features_of_the_workspace() {
    let workspace = third_party(&["--workspace"]);
    for package in fs::read_dir(paths::root().join("crates")).unwrap() {
        let package = package.unwrap().file_name().into_string().unwrap();
        let own = third_party(&["--package", &package]);
        let compiled_twice: Vec<_> = own.difference(&workspace).collect();
        assert!(
            compiled_twice.is_empty(),
            "`cargo build --package {package}` compiles {compiled_twice:#?} with other features \
             than `cargo build --workspace`: install cargo-hakari and run `cargo hakari generate` \
             and `cargo hakari manage-deps`"
        );
    }
}
