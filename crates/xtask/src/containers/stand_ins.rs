//! Stand-ins for the base images and for Kafka and Hadoop.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use super::engine::docker;
use crate::services::jars;
use crate::{command, paths, say};

/// The image that all others are based on.
pub(super) const DEBIAN: &str = "debian:bookworm-slim";

/// The configuration of the real image: sources, and no cache or documentation of packages.
const DEBIAN_FILES: [(&str, &str); 3] = [
    (
        "etc/apt/sources.list",
        "deb http://deb.debian.org/debian bookworm main
deb http://deb.debian.org/debian bookworm-updates main
deb http://deb.debian.org/debian-security bookworm-security main
",
    ),
    (
        "etc/apt/apt.conf.d/docker-clean",
        "DPkg::Post-Invoke { \"rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true\"; };
Dir::Cache::pkgcache \"\";
Dir::Cache::srcpkgcache \"\";
",
    ),
    (
        "etc/dpkg/dpkg.cfg.d/docker",
        "path-exclude /usr/share/doc/*
path-exclude /usr/share/man/*
path-exclude /usr/share/locale/*
",
    ),
];

/// An image that is built from `containers/NAME.Dockerfile`.
struct StandIn {
    image: &'static str,
    name: &'static str,
    /// The files of its build context.
    context: fn() -> Result<Vec<(PathBuf, &'static str)>>,
}

const STAND_INS: [StandIn; 4] = [
    StandIn { image: "rust:1.95-slim-bookworm", name: "rust", context: toolchain },
    StandIn { image: "node:22-bookworm-slim", name: "node", context: node },
    StandIn { image: "apache/kafka:4.3.0", name: "kafka", context: kafka },
    StandIn { image: "apache/hadoop:3.5.0", name: "hadoop", context: hadoop },
];

/// Folder of the root file system, the build contexts and the engine's data.
pub(super) fn folder() -> PathBuf {
    paths::target().join("containers")
}

/// Makes the images that the engine does not have.
///
/// # Errors
/// Returns an error if a program is missing or fails, or a download fails.
pub(super) fn ensure_images() -> Result<()> {
    if !exists(DEBIAN) {
        import_debian()?;
    }
    for stand_in in STAND_INS.iter().filter(|stand_in| !exists(stand_in.image)) {
        build(stand_in).with_context(|| format!("the stand-in for {}", stand_in.image))?;
    }
    Ok(())
}

fn exists(image: &str) -> bool {
    command::output(&mut docker(&["image", "inspect", image])).is_ok()
}

/// Makes the Debian image from a root file system by debootstrap.
fn import_debian() -> Result<()> {
    let root = folder().join("debian");
    if root.exists() {
        fs::remove_dir_all(&root).with_context(|| format!("removing {}", root.display()))?;
    }
    fs::create_dir_all(folder())?;
    let target = root.display().to_string();
    let args = ["--variant=minbase", "bookworm", &target, "http://deb.debian.org/debian"];
    command::run(&mut command::program("debootstrap", Path::new("/"), &args))?;
    for (file, text) in DEBIAN_FILES {
        fs::write(root.join(file), text).with_context(|| format!("writing {file}"))?;
    }
    // Behind a proxy with an authority of its own, the builds trust what this machine trusts.
    let authorities = Path::new("/usr/local/share/ca-certificates");
    if authorities.is_dir() {
        stage(&root.join("usr/local/share"), &[(authorities.to_path_buf(), "ca-certificates")])?;
    }
    // Caches would count as bytes of the images.
    for cache in ["var/cache/apt/archives", "var/lib/apt/lists"] {
        fs::remove_dir_all(root.join(cache))?;
        fs::create_dir_all(root.join(cache).join("partial"))?;
    }
    import(&root)?;
    fs::remove_dir_all(&root).with_context(|| format!("removing {}", root.display()))
}

fn import(root: &Path) -> Result<()> {
    let mut tar = command::program("tar", root, &["--create", "."])
        .stdout(Stdio::piped())
        .spawn()
        .context("starting tar")?;
    let files = tar.stdout.take().context("the output of tar")?;
    command::run(docker(&["import", "--change", "CMD [\"bash\"]", "-", DEBIAN]).stdin(files))?;
    ensure!(tar.wait()?.success(), "tar failed on {}", root.display());
    Ok(())
}

fn build(stand_in: &StandIn) -> Result<()> {
    say!("making a stand-in for {}", stand_in.image);
    let context = folder().join(stand_in.name);
    if context.exists() {
        fs::remove_dir_all(&context).with_context(|| format!("removing {}", context.display()))?;
    }
    stage(&context, &(stand_in.context)()?)?;
    let file = scripts().join(format!("{}.Dockerfile", stand_in.name)).display().to_string();
    let context = context.display().to_string();
    command::run(&mut docker(&[
        "build",
        "--quiet",
        "--tag",
        stand_in.image,
        "--file",
        &file,
        &context,
    ]))?;
    fs::remove_dir_all(&context).with_context(|| format!("removing {context}"))
}

/// Copies files and folders, following links, into `to` under other names.
fn stage(to: &Path, files: &[(PathBuf, &str)]) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("creating {}", to.display()))?;
    for (from, name) in files {
        let from = from.display().to_string();
        let name = to.join(name).display().to_string();
        let args = ["--archive", "--dereference", "--no-target-directory", &from, &name];
        command::output(&mut command::program("cp", Path::new("/"), &args))?;
    }
    Ok(())
}

fn scripts() -> PathBuf {
    paths::root().join("crates/xtask/containers")
}

fn toolchain() -> Result<Vec<(PathBuf, &'static str)>> {
    let args = ["--print", "sysroot"];
    let sysroot = command::output(&mut command::program("rustc", &paths::root(), &args))?;
    let sysroot = Path::new(sysroot.trim());
    Ok(vec![(sysroot.join("bin"), "bin"), (sysroot.join("lib"), "lib")])
}

fn node() -> Result<Vec<(PathBuf, &'static str)>> {
    let root = paths::root();
    let path = ["--print", "process.execPath"];
    let node = command::output(&mut command::program("node", &root, &path))?;
    let modules = command::output(&mut command::program("npm", &root, &["root", "--global"]))?;
    Ok(vec![(PathBuf::from(node.trim()), "node"), (Path::new(modules.trim()).join("npm"), "npm")])
}

fn kafka() -> Result<Vec<(PathBuf, &'static str)>> {
    jars::fetch()?;
    Ok(vec![
        (paths::target().join("java/kafka"), "libs"),
        (scripts().join("kafka-run.sh"), "run"),
        (scripts().join("kafka-topics.sh"), "kafka-topics.sh"),
    ])
}

fn hadoop() -> Result<Vec<(PathBuf, &'static str)>> {
    jars::fetch()?;
    Ok(vec![
        (paths::target().join("java/hdfs"), "libs"),
        (scripts().join("hadoop-starter.sh"), "starter.sh"),
        (scripts().join("hadoop-hdfs.sh"), "hdfs"),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stand_ins_have_the_names_of_the_file_and_of_the_images() {
        let root = paths::root();
        let files = ["docker-compose.yml", "Dockerfile"];
        let text: String =
            files.iter().map(|name| fs::read_to_string(root.join(name)).unwrap()).collect();
        for image in STAND_INS.iter().map(|stand_in| stand_in.image).chain([DEBIAN]) {
            assert!(text.contains(image), "{image}");
        }
        for stand_in in &STAND_INS {
            let file = scripts().join(format!("{}.Dockerfile", stand_in.name));
            assert!(file.is_file(), "{}", file.display());
        }
    }
}
