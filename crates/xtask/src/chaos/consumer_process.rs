//! One consumer of the run: its host, and its process while there is one.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::Child;

use super::soak::POLL_INTERVAL;
use crate::services::ports::free_ports;
use crate::{paths, process, say};

/// Timeout of an orderly end. A consumer retries for a while if the lake is unavailable.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(60);

/// A consumer that is started, stopped and killed repeatedly.
#[derive(Debug)]
pub(super) struct ConsumerProcess {
    /// Folder of its logs and spools.
    dir: PathBuf,
    name: String,
    group: String,
    /// Number of its host; every host has its own spool folder.
    host: u32,
    starts: u32,
    child: Option<Child>,
    /// The failpoint with which the process was started.
    pub(super) failpoint: Option<String>,
    /// True while the process is stopped by a signal.
    pub(super) stalled: bool,
}

impl ConsumerProcess {
    pub(super) fn new(dir: &Path, name: &str, group: &str) -> Self {
        Self {
            dir: dir.to_owned(),
            name: name.to_owned(),
            group: group.to_owned(),
            host: 1,
            starts: 0,
            child: None,
            failpoint: None,
            stalled: false,
        }
    }

    /// Starts the process with `settings` and, optionally, an armed failpoint.
    pub(super) fn start(
        &mut self,
        settings: &[(String, String)],
        failpoint: Option<String>,
    ) -> Result<()> {
        self.starts += 1;
        // A log of its own for each start: the end of a killed process explains its finding.
        let log = self.dir.join(format!("{}.{}.log", self.name, self.starts));
        let log = File::create(&log).with_context(|| format!("creating {}", log.display()))?;
        let [port] = free_ports()?;
        // A new host starts with an empty spool.
        let spool = self.dir.join("spools").join(format!("{}-host{}", self.name, self.host));
        let mut command = Command::new(paths::binary("consumer"));
        command
            .envs(settings.iter().map(|(key, value)| (key, value)))
            .env("VITALS__CONSUMER__LISTEN", format!("127.0.0.1:{port}"))
            .env("VITALS__CONSUMER__GROUP_ID", &self.group)
            .env("VITALS__CONSUMER__SPOOL__FOLDER", spool)
            .env("VITALS_FAULT", failpoint.as_deref().unwrap_or_default())
            .current_dir(paths::root())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        process::die_with_parent(&mut command, Signal::SIGKILL);
        let child = tokio::process::Command::from(command).kill_on_drop(true).spawn();
        self.child = Some(child.with_context(|| format!("starting {}", self.name))?);
        self.failpoint = failpoint;
        self.stalled = false;
        Ok(())
    }

    /// Moves it to another host: the next start has a new spool.
    pub(super) fn move_to_next_host(&mut self) {
        self.host += 1;
    }

    pub(super) fn is_running(&self) -> bool {
        self.child.is_some()
    }

    /// Reaps the process. Returns its exit status once, at the first call after its end.
    pub(super) fn reap(&mut self) -> Result<Option<ExitStatus>> {
        let Some(child) = &mut self.child else { return Ok(None) };
        let status = child.try_wait()?;
        if status.is_some() {
            self.child = None;
        }
        Ok(status)
    }

    /// Returns true if the process is stopped by SIGSTOP.
    pub(super) fn is_stopped(&self) -> bool {
        let Some(pid) = self.child.as_ref().and_then(Child::id) else { return false };
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('T'))
    }

    pub(super) fn signal(&self, signal: Signal) -> Result<()> {
        // The pid stays reserved until the child is reaped, so the signal can't hit another process.
        if let Some(pid) = self.child.as_ref().and_then(Child::id) {
            kill(Pid::from_raw(i32::try_from(pid)?), signal)?;
        }
        Ok(())
    }

    /// Kills the process: a crash.
    pub(super) async fn crash(&mut self) -> Result<()> {
        self.signal(Signal::SIGKILL)?;
        if let Some(mut child) = self.child.take() {
            child.wait().await?;
        }
        Ok(())
    }

    /// Stops the process in an orderly way. Returns its exit status, or `None` if it had to be killed
    /// after the timeout.
    pub(super) async fn stop(&mut self) -> Result<Option<ExitStatus>> {
        self.signal(Signal::SIGTERM)?;
        let deadline = Instant::now() + SHUTDOWN_TIMEOUT;
        while self.is_running() && Instant::now() < deadline {
            if let Some(status) = self.reap()? {
                return Ok(Some(status));
            }
            // The last commit may hit the failpoint that stops the process.
            if self.is_stopped() {
                self.signal(Signal::SIGCONT)?;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        let Some(mut child) = self.child.take() else { return Ok(None) };
        // The process may end right now; it has exceeded the timeout nevertheless.
        if let Err(error) = self.dump_threads(&child) {
            say!("can't dump the threads of {}: {error:#}", self.name);
        }
        child.kill().await?;
        Ok(None)
    }

    /// Writes the state of every thread of a hanging process to a file beside its logs.
    fn dump_threads(&self, child: &Child) -> Result<()> {
        let Some(pid) = child.id() else { return Ok(()) };
        let mut threads = String::new();
        for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
            let task = task?.path();
            for file in ["status", "syscall", "wchan"] {
                let text = std::fs::read_to_string(task.join(file)).unwrap_or_default();
                threads.push_str(text.trim_end());
                threads.push('\n');
            }
        }
        let file = self.dir.join(format!("{}.{}.threads", self.name, self.starts));
        std::fs::write(&file, threads).with_context(|| format!("writing {}", file.display()))
    }
}
