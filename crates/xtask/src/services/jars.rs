//! The jars of Kafka and Hadoop, fetched once by Maven.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::Signal;

use crate::{paths, process, say};

/// A product of `services/pom.xml`, by the name of its Maven profile.
#[derive(Clone, Copy, Debug)]
pub(super) enum Product {
    Kafka,
    Hdfs,
}

impl Product {
    const fn profile(self) -> &'static str {
        match self {
            Self::Kafka => "kafka",
            Self::Hdfs => "hdfs",
        }
    }

    /// Where its jars are once they are fetched.
    pub(super) fn folder(self) -> PathBuf {
        paths::target().join("java").join(self.profile())
    }
}

/// Fetches the jars when they are missing or `services/pom.xml` has changed.
///
/// # Errors
/// When Java or Maven is missing, or Maven fails.
pub fn fetch() -> Result<()> {
    ensure!(
        process::find_program("java").is_some(),
        "no `java` on the PATH: install a JDK or JRE, 17 or newer (Debian: openjdk-17-jre-headless)"
    );
    let pom = paths::root().join("crates/xtask/services/pom.xml");
    let java = paths::target().join("java");
    fs::create_dir_all(&java).with_context(|| format!("creating {}", java.display()))?;
    // Tests start instances side by side: one of them fetches, the others wait for it.
    let lock = File::create(java.join("lock")).context("creating the lock of target/java")?;
    lock.lock().context("locking target/java")?;
    let stamp = java.join("pom.xml");
    let wanted = fs::read(&pom).with_context(|| format!("reading {}", pom.display()))?;
    if fs::read(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    say!("fetching Kafka and Hadoop with Maven (about 110 MB, once)");
    for product in [Product::Kafka, Product::Hdfs] {
        copy_dependencies(&pom, &product.folder(), &["--activate-profiles", product.profile()])?;
    }
    // The stamp goes last: an interrupted fetch starts over.
    fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))
}

/// Fetches the jars that another `pom` names into `folder`, when they are missing or it has changed.
///
/// # Errors
/// When Maven is missing or fails.
pub fn fetch_of(pom: &Path, folder: &Path) -> Result<()> {
    let stamp = folder.join("pom.xml");
    let wanted = fs::read(pom).with_context(|| format!("reading {}", pom.display()))?;
    if fs::read(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    copy_dependencies(pom, folder, &[])?;
    fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))
}

fn copy_dependencies(pom: &Path, jars: &Path, options: &[&str]) -> Result<()> {
    let Some(mvn) = process::find_program("mvn") else {
        bail!("no `mvn` on the PATH, which fetches the jars: install Apache Maven (Debian: maven)");
    };
    if jars.exists() {
        fs::remove_dir_all(jars).with_context(|| format!("removing {}", jars.display()))?;
    }
    let mut command = Command::new(mvn);
    command
        .args(["--quiet", "--batch-mode", "-Dstyle.color=never", "--file"])
        .arg(pom)
        .args(options)
        .arg("dependency:copy-dependencies")
        .arg(format!("-DoutputDirectory={}", jars.display()));
    process::die_with_parent(&mut command, Signal::SIGTERM);
    let status = command.status().context("starting Maven")?;
    ensure!(
        status.success(),
        "Maven could not fetch the jars that {} names ({status})",
        pom.display()
    );
    Ok(())
}
