//! External commands, run in the foreground.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;

use crate::terminal::{Colour, paint};
use crate::{paths, process, say};

/// The `cargo` that runs this tool, at the workspace root.
#[must_use]
pub fn cargo(args: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(args).current_dir(paths::root());
    // `cargo run` sets variables that describe this crate. If the inner cargo inherited them, it
    // would rerun the build scripts that read those variables.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        let prefixes = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
        if prefixes.iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(name.as_ref());
        }
    }
    command
}

/// `program` with the working directory `dir`.
#[must_use]
pub fn program(program: impl AsRef<Path>, dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program.as_ref());
    command.args(args).current_dir(dir);
    command
}

/// Prints a command and runs it to completion, with the standard streams of this process.
///
/// # Errors
/// Returns an error if the command can't be started or fails.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    say!("{}", paint(Colour::Cyan, &format!("$ {shown}")));
    process::die_with_parent(command, Signal::SIGTERM);
    let status = command.status().with_context(|| format!("can't start `{shown}`"))?;
    ensure!(status.success(), "`{shown}` failed ({status})");
    Ok(())
}

/// Runs a command to completion and returns its standard output.
///
/// # Errors
/// Returns an error if the command can't be started or fails; the message contains its output.
pub fn output(command: &mut Command) -> Result<String> {
    let shown = show(command);
    process::die_with_parent(command, Signal::SIGTERM);
    let output = command.output().with_context(|| format!("can't start `{shown}`"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success(),
        "`{shown}` failed ({}):\n{text}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(text)
}

/// The command as typed in a shell.
fn show(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_contains_the_command_its_status_and_its_output() {
        let failing = &["-c", "echo seen; exit 7"];
        let error = output(&mut program("sh", Path::new("/"), failing)).unwrap_err().to_string();
        assert!(error.contains("exit 7") && error.contains("seen"), "{error}");
        assert!(error.contains("exit status: 7"), "{error}");
    }

    #[test]
    fn a_missing_program_is_named_in_the_error() {
        let error = run(&mut program("no-such-program", Path::new("/"), &["x"])).unwrap_err();
        assert!(error.to_string().contains("no-such-program x"), "{error}");
    }
}
