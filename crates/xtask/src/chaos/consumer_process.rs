//! One consumer of the soak: which host it is on, and its process when there is one.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::Child;

use super::soak::TICK;
use crate::services::ports::free_ports;
use crate::{paths, process, say};

/// How long an orderly end may take; a lake that is away is tried for a while.
const GRACE: Duration = Duration::from_secs(60);

/// A place for a consumer.
#[derive(Debug)]
pub(super) struct ConsumerProcess {
    /// Where its logs and spools are.
    dir: PathBuf,
    name: String,
    group: String,
    /// Which host: the spool is one folder for each.
    host: u32,
    starts: u32,
    child: Option<Child>,
    /// The fault that it was started with, if any.
    pub(super) armed: Option<String>,
    /// It is stopped by a signal.
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
            armed: None,
            stalled: false,
        }
    }

    /// Starts it with `settings`.
    pub(super) fn start(
        &mut self,
        settings: &[(String, String)],
        fault: Option<String>,
    ) -> Result<()> {
        self.starts += 1;
        let log = self.dir.join(format!("{}.{}.log", self.name, self.starts));
        let log = File::create(&log).with_context(|| format!("creating {}", log.display()))?;
        let [port] = free_ports()?;
        let spool = self.dir.join("spools").join(format!("{}-host{}", self.name, self.host));
        let mut command = Command::new(paths::binary("consumer"));
        command
            .envs(settings.iter().map(|(key, value)| (key, value)))
            .env("VITALS__CONSUMER__LISTEN", format!("127.0.0.1:{port}"))
            .env("VITALS__CONSUMER__GROUP_ID", &self.group)
            .env("VITALS__CONSUMER__SPOOL__FOLDER", spool)
            .env("VITALS_FAULT", fault.as_deref().unwrap_or_default())
            .current_dir(paths::root())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        process::die_with_parent(&mut command, Signal::SIGKILL);
        let child = tokio::process::Command::from(command).kill_on_drop(true).spawn();
        self.child = Some(child.with_context(|| format!("starting {}", self.name))?);
        self.armed = fault;
        self.stalled = false;
        Ok(())
    }

    /// From now on it is another host, with a spool of its own.
    pub(super) fn move_away(&mut self) {
        self.host += 1;
    }

    pub(super) fn is_running(&self) -> bool {
        self.child.is_some()
    }

    /// How it ended, once, when it has ended since the last question.
    pub(super) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        let Some(child) = &mut self.child else { return Ok(None) };
        let status = child.try_wait()?;
        if status.is_some() {
            self.child = None;
        }
        Ok(status)
    }

    /// Whether it has stopped itself (SIGSTOP).
    pub(super) fn has_stopped_itself(&self) -> bool {
        let Some(pid) = self.child.as_ref().and_then(Child::id) else { return false };
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('T'))
    }

    pub(super) fn signal(&self, signal: Signal) -> Result<()> {
        // The id is there until the child is reaped, so no other process can be meant.
        if let Some(pid) = self.child.as_ref().and_then(Child::id) {
            kill(Pid::from_raw(i32::try_from(pid)?), signal)?;
        }
        Ok(())
    }

    /// A crash.
    pub(super) async fn crash(&mut self) -> Result<()> {
        self.signal(Signal::SIGKILL)?;
        if let Some(mut child) = self.child.take() {
            child.wait().await?;
        }
        Ok(())
    }

    /// What each thread of a process that does not end is doing, beside its logs.
    fn note_threads(&self, child: &Child) -> Result<()> {
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

    /// An orderly end; how it ended, or `None` when it had to be killed after a minute.
    pub(super) async fn stop(&mut self) -> Result<Option<ExitStatus>> {
        self.signal(Signal::SIGTERM)?;
        let deadline = Instant::now() + GRACE;
        while self.is_running() && Instant::now() < deadline {
            if let Some(status) = self.ended()? {
                return Ok(Some(status));
            }
            // The last commit may be the one with the step at which it stops itself.
            if self.has_stopped_itself() {
                self.signal(Signal::SIGCONT)?;
            }
            tokio::time::sleep(TICK).await;
        }
        let Some(mut child) = self.child.take() else { return Ok(None) };
        // It may end at this very moment; that it was late stands.
        if let Err(error) = self.note_threads(&child) {
            say!("no notes of the threads of {}: {error:#}", self.name);
        }
        child.kill().await?;
        Ok(None)
    }
}
