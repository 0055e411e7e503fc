//! One Java server: started in the background, found again by its record, stopped and nothing else with it.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::Signal;

use crate::process::{self, Identity};

/// How long a server may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(100);

/// How long a started server may live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Until it is stopped; it outlives the tool that started it.
    Detached,
    /// No longer than the thread that starts it: for tests.
    Bound,
}

/// One Java program that runs in the background.
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

    /// Where its output goes.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.dir.join("logs").join(format!("{}.log", self.name))
    }

    /// The running process, when there is one that this folder's instance started.
    #[must_use]
    pub fn running(&self) -> Option<Identity> {
        let record = fs::read(self.record()).ok()?;
        let id: Identity = serde_json::from_slice(&record).ok()?;
        (id.is_alive() && id.has_argument(&self.marker())).then_some(id)
    }

    /// Starts it unless it runs. Returns at once; readiness is another question.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start(&self) -> Result<()> {
        if self.running().is_some() {
            return Ok(());
        }
        let log = self.log();
        for file in [&log, &self.record()] {
            let parent = file.parent().unwrap_or(&self.dir);
            fs::create_dir_all(parent).with_context(|| format!("creating {}", parent.display()))?;
        }
        // One start back is kept: that is where a crash is explained.
        let _ = fs::rename(&log, log.with_extension("log.1"));
        let output = File::create(&log).with_context(|| format!("creating {}", log.display()))?;
        let mut command = self.java();
        command
            .args(&self.args)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            // Its own group: a Ctrl-C in the terminal is not for it.
            .process_group(0);
        if self.lifetime == Lifetime::Bound {
            process::die_with_parent(&mut command, Signal::SIGKILL);
        }
        let child = command.spawn().with_context(|| format!("starting {}", self.name))?;
        let pid = i32::try_from(child.id())?;
        let Some(id) = Identity::of(pid) else {
            bail!("{} ended as soon as it was started: {}", self.name, log.display());
        };
        let record = self.record();
        fs::write(&record, serde_json::to_vec(&id)?)
            .with_context(|| format!("writing {}", record.display()))
    }

    /// Ends it in an orderly way, and by force when it takes longer than 20 seconds. Says whether it ran.
    ///
    /// # Errors
    /// When it can't be signalled or doesn't end.
    pub async fn stop(&self) -> Result<bool> {
        let Some(id) = self.running() else {
            return Ok(false);
        };
        self.signal(id, Signal::SIGTERM)?;
        if !ended(id, GRACE).await {
            self.signal(id, Signal::SIGKILL)?;
            ensure!(ended(id, GRACE).await, "{} (pid {}) does not end", self.name, id.pid);
        }
        let _ = fs::remove_file(self.record());
        Ok(true)
    }

    /// Kills it with no chance to tidy up: a crash. Says whether it ran.
    ///
    /// # Errors
    /// When it can't be signalled or doesn't end.
    pub async fn kill(&self) -> Result<bool> {
        let Some(id) = self.running() else {
            return Ok(false);
        };
        self.signal(id, Signal::SIGKILL)?;
        ensure!(ended(id, GRACE).await, "{} (pid {}) does not end", self.name, id.pid);
        Ok(true)
    }

    /// Stops or continues its threads without ending it: a hang. Says whether it ran.
    ///
    /// # Errors
    /// When it can't be signalled.
    pub fn freeze(&self, frozen: bool) -> Result<bool> {
        let Some(id) = self.running() else {
            return Ok(false);
        };
        let signal = if frozen { Signal::SIGSTOP } else { Signal::SIGCONT };
        self.signal(id, signal)?;
        Ok(true)
    }

    /// Fails with the end of its log when it no longer runs.
    pub(super) fn ensure_running(&self) -> Result<()> {
        ensure!(
            self.running().is_some(),
            "{} ended while it was starting; the end of {}:\n{}",
            self.name,
            self.log().display(),
            tail(&self.log(), 20)
        );
        Ok(())
    }

    /// Runs another class of the same set-up to its end, for formatting: fails with its output.
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

    fn java(&self) -> Command {
        self.java_class(self.class)
    }

    fn java_class(&self, class: &str) -> Command {
        let mut command = Command::new("java");
        command
            .arg(format!("-Xmx{}m", self.heap_mib))
            .arg("-XX:+ExitOnOutOfMemoryError")
            // Two cores are shared with everything else on a developer's machine.
            .arg("-XX:+UseSerialGC")
            .arg("-Djava.net.preferIPv4Stack=true")
            .arg("-Dorg.slf4j.simpleLogger.showDateTime=true")
            .arg("-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS")
            .arg(self.marker())
            .args(["-cp", &self.classpath, class])
            .current_dir(&self.dir);
        command
    }

    /// The argument by which the process is known to be this one.
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
        tokio::time::sleep(POLL).await;
    }
    true
}

/// The last `lines` lines of a file, or why they can't be read.
fn tail(file: &Path, lines: usize) -> String {
    match fs::read(file) {
        Ok(bytes) => last_lines(&bytes, lines),
        Err(error) => format!("(unreadable: {error})"),
    }
}

/// The last `lines` lines, none longer than a few terminal rows: Hadoop logs its class path in one.
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
    fn only_the_end_of_a_log_is_shown() {
        assert_eq!(last_lines(b"a\nb\nc\n", 2), "b\nc\n");
        assert_eq!(last_lines(b"a", 2), "a\n");
        assert_eq!(last_lines("\u{e9}".repeat(400).as_bytes(), 1).chars().count(), 301);
    }
}
