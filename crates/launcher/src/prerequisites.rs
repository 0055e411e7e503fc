//! The compiler and the C libraries that the build needs: installed from Debian when running as
//! root, otherwise named precisely.
//!
//! The developer's tool installs everything else. It can't install these, because it links them.

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

/// A prerequisite of the build.
pub(crate) struct Prerequisite {
    /// Name and purpose.
    description: &'static str,
    check: Check,
    debian_package: &'static str,
}

/// The evidence that a prerequisite is installed.
enum Check {
    /// Every program is on the PATH.
    Programs(&'static [&'static str]),
    /// pkg-config knows the library and its headers.
    Library(&'static str),
}

/// The prerequisites of librdkafka and of the Rust crates that link C libraries.
pub(crate) const ALL: [Prerequisite; 4] = [
    Prerequisite {
        description: "a C and C++ compiler and make, for librdkafka",
        check: Check::Programs(&["cc", "c++", "make"]),
        debian_package: "build-essential",
    },
    Prerequisite {
        description: "pkg-config, which finds the C libraries",
        check: Check::Programs(&["pkg-config"]),
        debian_package: "pkg-config",
    },
    Prerequisite {
        description: "OpenSSL with headers, for Kafka over TLS and SCRAM",
        check: Check::Library("openssl"),
        debian_package: "libssl-dev",
    },
    Prerequisite {
        description: "curl's library with headers, for OAUTHBEARER's token endpoint",
        check: Check::Library("libcurl"),
        debian_package: "libcurl4-openssl-dev",
    },
];

impl Prerequisite {
    fn is_installed(&self) -> bool {
        match self.check {
            Check::Programs(names) => names.iter().all(|name| is_on_path(name)),
            Check::Library(name) => {
                let mut pkg_config = Command::new("pkg-config");
                pkg_config.args(["--exists", name]).stderr(Stdio::null());
                pkg_config.status().is_ok_and(|status| status.success())
            }
        }
    }
}

/// Installs the missing ones of `all` from Debian when running as root.
///
/// # Errors
/// Returns a message that names every prerequisite that is still missing, with its Debian package.
pub(crate) fn ensure(all: &[Prerequisite]) -> Result<(), String> {
    let to_install = missing(all);
    if to_install.is_empty() {
        return Ok(());
    }
    if is_root() && is_on_path("apt-get") {
        install(&to_install);
    }
    let still_missing = missing(all);
    if still_missing.is_empty() { Ok(()) } else { Err(describe(&still_missing)) }
}

fn missing(all: &[Prerequisite]) -> Vec<&Prerequisite> {
    all.iter().filter(|one| !one.is_installed()).collect()
}

/// The prerequisites, each on a line, and the command that installs them.
fn describe(missing: &[&Prerequisite]) -> String {
    let mut text = "the build needs:".to_owned();
    for one in missing {
        text.push_str(&format!("\n  {} (Debian: {})", one.description, one.debian_package));
    }
    let packages: Vec<_> = missing.iter().map(|one| one.debian_package).collect();
    text.push_str(&format!("\non Debian: sudo apt-get install {}", packages.join(" ")));
    text
}

/// Runs apt-get. Its failure shows itself: the packages are still missing.
fn install(missing: &[&Prerequisite]) {
    let packages: Vec<_> = missing.iter().map(|one| one.debian_package).collect();
    eprintln!("installing {}", packages.join(" "));
    apt_get(&["update", "--quiet"], &[]);
    apt_get(&["install", "--yes", "--quiet", "--no-install-recommends"], &packages);
}

fn apt_get(args: &[&str], packages: &[&str]) {
    let mut command = Command::new("apt-get");
    command.args(args).args(packages).env("DEBIAN_FRONTEND", "noninteractive");
    // The launcher's own output belongs to the tool.
    let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
}

fn is_on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Our own folder in `/proc` belongs to the effective user.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHELL: Prerequisite = Prerequisite {
        description: "a shell",
        check: Check::Programs(&["sh"]),
        debian_package: "dash",
    };
    const HAMMER: Prerequisite = Prerequisite {
        description: "a hammer, for nails",
        check: Check::Programs(&["sh", "no-such-hammer"]),
        debian_package: "hammer",
    };
    const NAILS: Prerequisite = Prerequisite {
        description: "nails with headers",
        check: Check::Library("no-such-nails"),
        debian_package: "libnails-dev",
    };

    #[test]
    fn installed_prerequisites_need_nothing() {
        ensure(&[SHELL]).unwrap();
    }

    #[test]
    fn missing_prerequisites_are_named_with_their_package() {
        let all = [SHELL, HAMMER, NAILS];
        let text = describe(&missing(&all));
        assert_eq!(
            text,
            "the build needs:\n  a hammer, for nails (Debian: hammer)\n  \
             nails with headers (Debian: libnails-dev)\n\
             on Debian: sudo apt-get install hammer libnails-dev"
        );
    }
}
