//! `cargo xtask`: builds the developer's tool, `crates/xtask`, and runs it.
//!
//! Before a demo it builds the services in the same run of cargo. Built on its own first, the tool
//! leaves a core idle while librdkafka compiles, and the long chain of crates below Delta starts
//! only afterwards. The browser UI of a fresh clone is built at the same time. The dashboard, which
//! embeds it, is left to the tool.

mod prerequisites;

use std::env;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};
use std::thread;

/// The developer's tool.
const TOOL: &str = "xtask";

/// The services of the demo that don't embed the browser UI.
const SERVICES: [&str; 3] = ["producer", "consumer", "model-server"];

/// Variables that `cargo run` sets to describe this crate. An inner cargo that inherited them would
/// rerun the build scripts that read them.
const OF_THIS_CRATE: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];

fn main() -> ExitCode {
    let args: Vec<OsString> = env::args_os().skip(1).collect();
    if let Err(problem) = prerequisites::ensure(&prerequisites::ALL) {
        eprintln!("error: {problem}");
        return ExitCode::FAILURE;
    }
    match build(&args) {
        Ok(status) if status.success() => {}
        Ok(_) => return ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: can't start cargo: {error}");
            return ExitCode::FAILURE;
        }
    }
    let tool = target().join("debug").join(TOOL);
    // Returns only on failure.
    let error = Command::new(&tool).args(args).exec();
    eprintln!("error: can't start {}: {error}", tool.display());
    ExitCode::FAILURE
}

/// Builds the packages that the command needs.
fn build(args: &[OsString]) -> io::Result<ExitStatus> {
    let has_page = ui().join("dist/index.html").is_file();
    // Without npm the tool fails at once, and names the missing program.
    let services = needs_services(args) && (has_page || has_npm());
    let mut cargo = cargo_build(services);
    if !services || has_page {
        return cargo.status();
    }
    // A failure is not reported here: the tool tries again, and reports it.
    let page = thread::spawn(build_page);
    let status = cargo.status();
    let _ = page.join();
    status
}

/// Returns true for a demo, unless it reuses the last build.
fn needs_services(args: &[OsString]) -> bool {
    let is_demo = args.first().is_some_and(|command| command == "demo");
    is_demo && !args.iter().any(|arg| ["--no-build", "--help", "-h"].iter().any(|no| arg == no))
}

/// `cargo build` of the tool and, for a demo, of the services.
fn cargo_build(services: bool) -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root()).args(["build", "--package", TOOL]);
    if services {
        command.args(SERVICES.iter().flat_map(|service| ["--package", service]));
        // Read by librdkafka's configure script. A demo has no use for the speed.
        command.env("WITHOUT_OPTIMIZATION", "y");
    } else {
        // Nearly always up to date; a demo shows its progress.
        command.arg("--quiet");
    }
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if OF_THIS_CRATE.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command
}

/// Returns true if npm can be started.
fn has_npm() -> bool {
    Command::new("npm").arg("--version").output().is_ok()
}

/// Installs the packages of the browser UI and builds it.
fn build_page() {
    for args in [&["ci", "--no-audit", "--no-fund"][..], &["run", "build"]] {
        let status = Command::new("npm").args(args).current_dir(ui()).status();
        if !status.is_ok_and(|status| status.success()) {
            return;
        }
    }
}

/// The workspace root.
fn root() -> PathBuf {
    let this_crate = Path::new(env!("CARGO_MANIFEST_DIR"));
    this_crate.ancestors().nth(2).unwrap_or(this_crate).to_path_buf()
}

/// The sources of the browser UI.
fn ui() -> PathBuf {
    root().join("crates/dashboard/ui")
}

/// Cargo's build folder.
fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn a_demo_builds_the_services_unless_they_are_not_needed() {
        assert!(needs_services(&args("demo")));
        assert!(needs_services(&args("demo --check --for 30s")));
        for other in ["", "test", "services up", "demo --no-build", "demo --help", "bench demo"] {
            assert!(!needs_services(&args(other)), "{other}");
        }
    }

    #[test]
    fn only_a_demo_builds_more_than_the_tool() {
        let packages = |services| {
            let command = cargo_build(services);
            let args = command.get_args().filter(|arg| !arg.to_string_lossy().starts_with('-'));
            args.map(|arg| arg.to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(packages(false), ["build", "xtask"]);
        assert_eq!(packages(true), ["build", "xtask", "producer", "consumer", "model-server"]);
    }
}
