//! The tools that the steps need: installed from Debian where that is possible, named where it isn't.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Result, bail};

use super::steps::Step;
use crate::{command, paths, process, say, ui};

/// A tool, what wants it, and how one gets it.
struct Tool {
    what: &'static str,
    wanted_by: &'static [Step],
    is_there: fn() -> bool,
    debian: &'static str,
}

const TOOLS: [Tool; 5] = [
    Tool {
        what: "a C and C++ compiler and make, for librdkafka",
        wanted_by: &[Step::Clippy, Step::Build, Step::Test],
        is_there: || ["cc", "c++", "make"].iter().all(|tool| process::find_program(tool).is_some()),
        debian: "build-essential",
    },
    Tool {
        what: "Java 17 or newer, for Kafka and HDFS",
        wanted_by: &[Step::E2e, Step::Chaos],
        is_there: || process::find_program("java").is_some(),
        debian: "default-jre-headless",
    },
    Tool {
        what: "Apache Maven, which fetches Kafka and HDFS",
        wanted_by: &[Step::E2e, Step::Chaos],
        is_there: || process::find_program("mvn").is_some(),
        debian: "maven",
    },
    Tool {
        what: "Python 3 with venv, for the independent reader",
        wanted_by: &[Step::E2e, Step::Chaos],
        is_there: || {
            let imports = ["-c", "import ensurepip, venv"];
            command::output(&mut command::program("python3", Path::new("/"), &imports)).is_ok()
        },
        debian: "python3-venv",
    },
    Tool {
        what: "Chromium, for the browser test",
        wanted_by: &[Step::Browser],
        is_there: || super::browser::chromium().is_some(),
        debian: "chromium",
    },
];

/// Makes sure that everything the `steps` need is there.
///
/// # Errors
/// When something is missing that can't be installed; all of it is named at once.
pub(super) fn ensure(steps: &[Step]) -> Result<()> {
    let missing = missing(steps);
    if !missing.is_empty() {
        let can_install = is_root() && process::find_program("apt-get").is_some();
        if can_install {
            install(&missing)?;
        }
        name_missing(steps)?;
    }
    if steps.iter().any(|step| matches!(step, Step::Ui | Step::Browser)) {
        ui::ensure_tools()?;
    }
    say!("everything is there");
    Ok(())
}

fn missing(steps: &[Step]) -> Vec<&'static Tool> {
    TOOLS
        .iter()
        .filter(|tool| tool.wanted_by.iter().any(|step| steps.contains(step)))
        .filter(|tool| !(tool.is_there)())
        .collect()
}

fn install(missing: &[&Tool]) -> Result<()> {
    let apt = |args: &[&str]| {
        let mut command = command::program("apt-get", &paths::root(), args);
        command::run(command.env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update", "--quiet"])?;
    let mut args = vec!["install", "--yes", "--quiet", "--no-install-recommends"];
    args.extend(missing.iter().map(|tool| tool.debian));
    apt(&args)
}

/// Our own folder in `/proc` belongs to our effective user.
fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0)
}

fn name_missing(steps: &[Step]) -> Result<()> {
    let still = missing(steps);
    if still.is_empty() {
        return Ok(());
    }
    let lines: Vec<_> =
        still.iter().map(|tool| format!("{} (Debian: {})", tool.what, tool.debian)).collect();
    bail!("missing:\n  {}", lines.join("\n  "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_steps_want_is_looked_for() {
        ensure(&[Step::Fmt]).unwrap();
        assert!(missing(&[Step::Fmt]).is_empty());
    }
}
