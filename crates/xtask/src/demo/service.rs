//! One service as a child process, with its log lines in our output.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Child;
use tokio::task::JoinHandle;

use crate::terminal::{Colour, paint};
use crate::{paths, process, say};

/// Timeout of an orderly end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(20);

/// A running service.
pub(super) struct Service {
    pub(super) name: &'static str,
    child: Child,
    /// Tasks that copy its output.
    copiers: Vec<JoinHandle<()>>,
}

impl Service {
    /// Starts the binary of `name` and copies its output to ours, with its name before every line.
    pub(super) fn start(
        name: &'static str,
        colour: Colour,
        args: &[&str],
        settings: &[(String, String)],
    ) -> Result<Self> {
        let binary = paths::binary(name);
        let mut command = std::process::Command::new(&binary);
        command
            .args(args)
            .envs(settings.iter().map(|(key, value)| (key, value)))
            .current_dir(paths::root())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Its own process group: a Ctrl-C reaches only us, and we stop the services in order.
            .process_group(0);
        process::die_with_parent(&mut command, Signal::SIGKILL);
        let mut child = tokio::process::Command::from(command)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", binary.display()))?;
        // Both streams are copied line by line, so that lines of services don't mix.
        let prefix = paint(colour, &format!("{name:<12} |"));
        let mut copiers = Vec::new();
        copiers.extend(child.stdout.take().map(|pipe| copy_lines(prefix.clone(), pipe)));
        copiers.extend(child.stderr.take().map(|pipe| copy_lines(prefix, pipe)));
        Ok(Self { name, child, copiers })
    }

    /// Waits for its end. Cancel-safe.
    pub(super) async fn ended(&mut self) -> Result<ExitStatus> {
        self.child.wait().await.with_context(|| format!("waiting for {}", self.name))
    }

    /// Its exit status, if it has ended.
    pub(super) fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Stops it with SIGTERM, or with SIGKILL after 20 seconds, and waits until its last line is
    /// printed.
    pub(super) async fn stop(mut self) {
        self.terminate();
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, self.child.wait()).await.is_err() {
            say!("killing {}: still running after {} s", self.name, SHUTDOWN_TIMEOUT.as_secs());
            let _ = self.child.kill().await;
        }
        for copier in self.copiers {
            let _ = copier.await;
        }
    }

    fn terminate(&self) {
        // The pid stays reserved until the child is reaped, so the signal can't hit another process.
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(id) = id {
            let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
        }
    }
}

fn copy_lines(prefix: String, pipe: impl AsyncRead + Unpin + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut lines = BufReader::new(pipe).split(b'\n');
        while let Ok(Some(line)) = lines.next_segment().await {
            say!("{prefix} {}", String::from_utf8_lossy(&line));
        }
    })
}

/// The first service whose binary is not built.
pub(super) fn not_built<'a>(names: &'a [&'static str]) -> Option<&'a str> {
    names.iter().copied().find(|name| !Path::new(&paths::binary(name)).is_file())
}
