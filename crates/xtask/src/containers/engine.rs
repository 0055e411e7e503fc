//! The container engine: the one that runs, or one of our own for the length of the trial.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::{command, paths, process, say};

const START_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// The engine; one that we started ends with this value.
pub(super) struct Engine {
    daemon: Option<Child>,
}

impl Engine {
    /// Uses the running engine, or starts one with its data in `target/containers`.
    ///
    /// # Errors
    /// Returns an error if the engine doesn't respond within a minute; it starts as root only.
    pub(super) fn start() -> Result<Self> {
        // An engine that runs is used, and left running at the end.
        if responds() {
            return Ok(Self { daemon: None });
        }
        let dir = super::stand_ins::folder();
        fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
        let log = dir.join("dockerd.log");
        say!("starting dockerd; log in {}", log.display());
        let output = File::create(&log).with_context(|| format!("creating {}", log.display()))?;
        let mut dockerd = Command::new("dockerd");
        dockerd
            .args(["--data-root", &dir.join("engine").display().to_string()])
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        process::die_with_parent(&mut dockerd, Signal::SIGTERM);
        let engine = Self { daemon: Some(dockerd.spawn().context("starting dockerd")?) };
        let start = Instant::now();
        while !responds() {
            ensure!(start.elapsed() < START_TIMEOUT, "no response from dockerd: {}", log.display());
            std::thread::sleep(POLL_INTERVAL);
        }
        Ok(engine)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let Some(daemon) = &mut self.daemon else { return };
        if let Ok(pid) = i32::try_from(daemon.id()) {
            let _ended = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        let _ended = daemon.wait();
    }
}

fn responds() -> bool {
    command::output(&mut docker(&["version", "--format", "{{.Server.Version}}"])).is_ok()
}

/// A command of the engine's client.
pub(super) fn docker(args: &[&str]) -> Command {
    let mut command = command::program(client(), &paths::root(), args);
    command.env("DOCKER_BUILDKIT", "1");
    command
}

/// Debian's client, whose BuildKit is built in, before another one on the PATH.
pub(super) fn client() -> &'static Path {
    let debian = Path::new("/usr/bin/docker");
    if debian.is_file() { debian } else { Path::new("docker") }
}
