//! One Java server: started in the background, identified by a pid record, and stopped by it.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::Signal;

use crate::process::{self, Identity};

/// Timeout of an orderly end, before the server is killed.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(20);
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Lifetime of a started server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Runs until it is stopped, and outlives the tool that started it.
    Detached,
    /// Ends with the thread that starts it, for tests.
    Bound,
}

/// A Java program that runs in the background.
#[derive(Clone, Debug)]
pub struct Server {
    pub(super) name: &'static str,
    pub(super) class: &'static str,
    /// The instance's folder.
    pub(super) dir: PathBuf,
    pub(super) heap_mib: u32,
    pub(super) classpath: String,
    pub(super) args: Vec<String>,
    pub(super) lifetime: Lifetime,
}

impl Server {
    /// The server's name: `kafka`, `namenode` or `datanode`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Path of its log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.dir.join("logs").join(format!("{}.log", self.name))
    }

    /// The running process, if this folder's instance started one.
    #[must_use]
    pub fn running(&self) -> Option<Identity> {
        let record = fs::read(self.record()).ok()?;
        let id: Identity = serde_json::from_slice(&record).ok()?;
        if id.is_alive() && id.has_argument(&self.marker()) {
            return Some(id);
        }
        None
    }

    /// Starts it unless it runs, without waiting until it is ready.
    ///
    /// # Errors
    /// Returns an error if it can't be started.
    pub fn start(&self) -> Result<()> {
        if self.running().is_some() {
            return Ok(());
        }
        let log = self.log();
        for file in [&log, &self.record()] {
            let parent = file.parent().unwrap_or(&self.dir);
            fs::create_dir_all(parent).with_context(|| format!("creating {}", parent.display()))?;
        }
        // The log of the previous start is kept: it explains a crash.
        let _ = fs::rename(&log, log.with_extension("log.1"));
        let output = File::create(&log).with_context(|| format!("creating {}", log.display()))?;
        let mut command = self.java_class(self.class);
        command
            .args(&self.args)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            // Its own process group, so that a Ctrl-C in the terminal doesn't reach it.
            .process_group(0);
        if self.lifetime == Lifetime::Bound {
            process::die_with_parent(&mut command, Signal::SIGKILL);
        }
        // Recorded with its start time, so that a reused pid is not mistaken for the server.
        let child = command.spawn().with_context(|| format!("starting {}", self.name))?;
        let pid = i32::try_from(child.id())?;
        let Some(id) = Identity::of(pid) else {
            bail!("{} ended immediately after its start; see {}", self.name, log.display());
        };
        let record = self.record();
        fs::write(&record, serde_json::to_vec(&id)?)
            .with_context(|| format!("writing {}", record.display()))
    }

    /// Stops it with SIGTERM, or with SIGKILL after 20 seconds. Returns true if it was running.
    ///
    /// # Errors
    /// Returns an error if it can't be signalled or doesn't end.
    pub async fn stop(&self) -> Result<bool> {
        let Some(id) = self.running() else {
            return Ok(false);
        };
        self.signal(id, Signal::SIGTERM)?;
        if !ended(id, SHUTDOWN_TIMEOUT).await {
            self.signal(id, Signal::SIGKILL)?;
            self.ensure_ended(id).await?;
        }
        let _ = fs::remove_file(self.record());
        Ok(true)
    }

    /// Kills it with SIGKILL: a crash. Returns true if it was running.
    ///
    /// # Errors
    /// Returns an error if it can't be signalled or doesn't end.
    pub async fn kill(&self) -> Result<bool> {
        let Some(id) = self.running() else {
            return Ok(false);
        };
        self.signal(id, Signal::SIGKILL)?;
        self.ensure_ended(id).await?;
        Ok(true)
    }

    /// Suspends or resumes the process: a hang. Returns true if it was running.
    ///
    /// # Errors
    /// Returns an error if it can't be signalled.
    pub fn freeze(&self, frozen: bool) -> Result<bool> {
        let Some(id) = self.running() else {
            return Ok(false);
        };
        let signal = if frozen { Signal::SIGSTOP } else { Signal::SIGCONT };
        self.signal(id, signal)?;
        Ok(true)
    }

    /// Returns an error with the end of its log unless it is running.
    pub(super) fn ensure_running(&self) -> Result<()> {
        ensure!(
            self.running().is_some(),
            "{} ended during startup; the last lines of {}:\n{}",
            self.name,
            self.log().display(),
            tail(&self.log(), 20)
        );
        Ok(())
    }

    /// Runs another class with the same class path to completion. The error contains its output.
    pub(super) fn run_tool(&self, class: &str, args: &[&str]) -> Result<()> {
        let mut command = self.java_class(class);
        command.args(args).stdin(Stdio::null());
        process::die_with_parent(&mut command, Signal::SIGKILL);
        let output = command.output().with_context(|| format!("starting {class}"))?;
        ensure!(
            output.status.success(),
            "{class} failed ({}):\n{}{}",
            output.status,
            last_lines(&output.stdout, 30),
            last_lines(&output.stderr, 30)
        );
        Ok(())
    }

    async fn ensure_ended(&self, id: Identity) -> Result<()> {
        let has_ended = ended(id, SHUTDOWN_TIMEOUT).await;
        ensure!(has_ended, "{} (pid {}) did not end after a SIGKILL", self.name, id.pid);
        Ok(())
    }

    fn java_class(&self, class: &str) -> Command {
        let mut command = Command::new("java");
        command
            .arg(format!("-Xmx{}m", self.heap_mib))
            .arg("-XX:+ExitOnOutOfMemoryError")
            // Needs the fewest threads: a developer's machine may have two cores for everything.
            .arg("-XX:+UseSerialGC")
            .arg("-Djava.net.preferIPv4Stack=true")
            .arg("-Dorg.slf4j.simpleLogger.showDateTime=true")
            .arg("-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS")
            .arg(self.marker())
            .args(["-cp", &self.classpath, class])
            .current_dir(&self.dir);
        command
    }

    /// An argument that identifies the process as this server.
    fn marker(&self) -> String {
        format!("-Dvitals.server={}@{}", self.name, self.dir.display())
    }

    fn record(&self) -> PathBuf {
        self.dir.join("run").join(format!("{}.json", self.name))
    }

    fn signal(&self, id: Identity, signal: Signal) -> Result<()> {
        id.signal(signal)
            .with_context(|| format!("sending {signal} to {} (pid {})", self.name, id.pid))
    }
}

async fn ended(id: Identity, within: Duration) -> bool {
    let start = Instant::now();
    while id.is_alive() {
        if start.elapsed() > within {
            return false;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    true
}

/// The last `lines` lines of a file, or the reason why it is unreadable.
fn tail(file: &Path, lines: usize) -> String {
    match fs::read(file) {
        Ok(bytes) => last_lines(&bytes, lines),
        Err(error) => format!("(unreadable: {error})"),
    }
}

/// The last `lines` lines, cut at 300 characters: Hadoop logs its class path in one line.
fn last_lines(text: &[u8], lines: usize) -> String {
    let text = String::from_utf8_lossy(text);
    let all: Vec<_> = text.lines().collect();
    all[all.len().saturating_sub(lines)..]
        .iter()
        .map(|line| line.chars().take(300).chain(['\n']).collect::<String>())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_cut_to_a_readable_length() {
        assert_eq!(last_lines(b"a\nb\nc\n", 2), "b\nc\n");
        assert_eq!(last_lines(b"a", 2), "a\n");
        assert_eq!(last_lines("\u{e9}".repeat(400).as_bytes(), 1).chars().count(), 301);
    }
}
