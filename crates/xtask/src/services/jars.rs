//! The jars of Kafka and Hadoop, downloaded once by Maven.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::Signal;

use crate::{paths, process, say};

/// A product of `services/pom.xml`; each has a Maven profile.
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

    /// Folder of its jars.
    pub(super) fn folder(self) -> PathBuf {
        paths::target().join("java").join(self.profile())
    }
}

/// Downloads the jars if they are missing or `services/pom.xml` has changed.
///
/// # Errors
/// Returns an error if Java or Maven is missing, or Maven fails.
pub fn fetch() -> Result<()> {
    ensure!(
        process::find_program("java").is_some(),
        "`java` is not on the PATH: install a JDK or JRE, 17 or newer (Debian: default-jre-headless)"
    );
    let pom = paths::root().join("crates/xtask/services/pom.xml");
    let java = paths::target().join("java");
    fs::create_dir_all(&java).with_context(|| format!("creating {}", java.display()))?;
    // Tests start instances side by side: one of them downloads while the others wait for it.
    let lock = File::create(java.join("lock")).context("creating the lock of target/java")?;
    lock.lock().context("locking target/java")?;
    let stamp = java.join("pom.xml");
    let wanted = fs::read(&pom).with_context(|| format!("reading {}", pom.display()))?;
    if fs::read(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    say!("downloading Kafka and Hadoop with Maven (about 110 MB, once)");
    for product in [Product::Kafka, Product::Hdfs] {
        copy_dependencies(&pom, &product.folder(), &["--activate-profiles", product.profile()])?;
    }
    // The stamp is written last, so that an interrupted download starts over.
    fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))
}

/// Downloads the jars of another `pom` into `folder` if they are missing or `pom` has changed.
///
/// # Errors
/// Returns an error if Maven is missing or fails.
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
        bail!("`mvn` is not on the PATH: install Apache Maven (Debian: maven)");
    };
    // Jars of other versions must not remain on the class path.
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
    ensure!(status.success(), "Maven could not download the jars of {} ({status})", pom.display());
    Ok(())
}
