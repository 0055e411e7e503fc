//! External tools: installed from Debian when running as root, otherwise named precisely. The
//! launcher has made sure of those that a build needs.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::{command, paths, process};

/// An external tool, its purpose, and its Debian package.
#[derive(Debug)]
pub struct Tool {
    /// Name and purpose.
    pub description: &'static str,
    is_installed: fn() -> bool,
    debian_package: &'static str,
}

/// The Java runtime of Kafka and HDFS.
pub const JAVA: Tool = Tool {
    description: "Java 17 or newer, for Kafka and HDFS",
    is_installed: || is_on_path("java"),
    debian_package: "default-jre-headless",
};

/// The download of Kafka and HDFS.
pub const MAVEN: Tool = Tool {
    description: "Apache Maven, which downloads Kafka and HDFS",
    is_installed: || is_on_path("mvn"),
    debian_package: "maven",
};

/// The interpreter of the independent reader and of the baselines.
pub const PYTHON: Tool = Tool {
    description: "Python 3 with venv, for the independent reader and the baselines",
    is_installed: || {
        let imports = ["-c", "import ensurepip, venv"];
        command::output(&mut command::program("python3", Path::new("/"), &imports)).is_ok()
    },
    debian_package: "python3-venv",
};

/// The browser of the browser test.
pub const CHROMIUM: Tool = Tool {
    description: "Chromium, for the browser test",
    is_installed: || chromium().is_some(),
    debian_package: "chromium",
};

/// The certificates of a secured Kafka.
pub const OPENSSL: Tool = Tool {
    description: "openssl, which makes the certificates of a secured Kafka",
    is_installed: || is_on_path("openssl"),
    debian_package: "openssl",
};

/// The container engine.
pub const DOCKER: Tool = Tool {
    description: "the engine of the containers",
    is_installed: || is_on_path("dockerd"),
    debian_package: "docker.io",
};

/// Runs docker-compose.yml.
pub const DOCKER_COMPOSE: Tool = Tool {
    description: "docker-compose, which runs the containers",
    is_installed: || is_on_path("docker-compose"),
    debian_package: "docker-compose",
};

/// Makes the base image of the containers.
pub const DEBOOTSTRAP: Tool = Tool {
    description: "debootstrap, which makes the base image of the containers",
    is_installed: || is_on_path("debootstrap") || Path::new("/usr/sbin/debootstrap").is_file(),
    debian_package: "debootstrap",
};

/// The load generator of `bench predict`.
pub const WRK: Tool = Tool {
    description: "wrk, the load generator of `bench predict`",
    is_installed: || is_on_path("wrk"),
    debian_package: "wrk",
};

/// Chromium's binary, under the names used by distributions.
#[must_use]
pub fn chromium() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"].iter().find_map(process::find_program)
}

/// Installs the missing ones of `tools` from Debian when running as root.
///
/// # Errors
/// Returns an error that names every tool that is still missing, with its Debian package.
pub fn ensure(tools: &[&Tool]) -> Result<()> {
    let to_install = missing(tools);
    if to_install.is_empty() {
        return Ok(());
    }
    if is_root() && is_on_path("apt-get") {
        install(&to_install)?;
    }
    // Looked for again: an installation may have failed without an error.
    let still_missing = missing(tools);
    if !still_missing.is_empty() {
        bail!("missing tools:\n  {}", describe(&still_missing).join("\n  "));
    }
    Ok(())
}

fn missing<'a>(tools: &[&'a Tool]) -> Vec<&'a Tool> {
    tools.iter().copied().filter(|tool| !(tool.is_installed)()).collect()
}

fn describe(tools: &[&Tool]) -> Vec<String> {
    tools
        .iter()
        .map(|tool| format!("{} (Debian: {})", tool.description, tool.debian_package))
        .collect()
}

fn install(tools: &[&Tool]) -> Result<()> {
    apt_get(&["update", "--quiet"])?;
    let mut args = vec!["install", "--yes", "--quiet", "--no-install-recommends"];
    args.extend(tools.iter().map(|tool| tool.debian_package));
    apt_get(&args)
}

fn apt_get(args: &[&str]) -> Result<()> {
    let mut command = command::program("apt-get", &paths::root(), args);
    command::run(command.env("DEBIAN_FRONTEND", "noninteractive"))
}

fn is_on_path(program: &str) -> bool {
    process::find_program(program).is_some()
}

/// Our own folder in `/proc` belongs to the effective user.
fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MISSING: Tool = Tool {
        description: "a hammer, for nails",
        is_installed: || false,
        debian_package: "hammer",
    };
    const INSTALLED: Tool =
        Tool { description: "a nail", is_installed: || true, debian_package: "nail" };

    #[test]
    fn installed_tools_need_nothing() {
        ensure(&[]).unwrap();
        ensure(&[&INSTALLED]).unwrap();
    }

    #[test]
    fn missing_tools_are_named_with_their_package() {
        let missing = missing(&[&MISSING, &INSTALLED]);
        assert_eq!(describe(&missing), ["a hammer, for nails (Debian: hammer)"]);
    }
}
