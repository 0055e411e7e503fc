//! One service as a child process: started, heard, stopped, never left behind.

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

/// How long a service may take to finish what is in hand.
const GRACE: Duration = Duration::from_secs(20);

/// A running service.
pub(super) struct Service {
    pub(super) name: &'static str,
    child: Child,
    logs: Vec<JoinHandle<()>>,
}

impl Service {
    /// Starts the binary of `name`; its output goes to ours, line by line behind its name.
    pub(super) fn start(
        name: &'static str,
        colour: Colour,
        args: &[String],
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
            // Its own group: a Ctrl-C in the terminal comes to us, and we stop them in order.
            .process_group(0);
        process::die_with_parent(&mut command, Signal::SIGKILL);
        let mut child = tokio::process::Command::from(command)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", binary.display()))?;
        let prefix = paint(colour, &format!("{name:<12} |"));
        let mut logs = Vec::new();
        logs.extend(child.stdout.take().map(|pipe| stream(prefix.clone(), pipe)));
        logs.extend(child.stderr.take().map(|pipe| stream(prefix, pipe)));
        Ok(Self { name, child, logs })
    }

    /// Waits until it ends. May be dropped and called again.
    pub(super) async fn ended(&mut self) -> Result<ExitStatus> {
        self.child.wait().await.with_context(|| format!("waiting for {}", self.name))
    }

    /// How it ended, if it has.
    pub(super) fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Ends it in an orderly way, by force when it takes longer than 20 seconds, and waits until
    /// its last line is out.
    pub(super) async fn stop(mut self) {
        self.terminate();
        if tokio::time::timeout(GRACE, self.child.wait()).await.is_err() {
            say!("{} does not end after {} s: killing it", self.name, GRACE.as_secs());
            let _ = self.child.kill().await;
        }
        for log in self.logs {
            let _ = log.await;
        }
    }

    fn terminate(&self) {
        // The id is there until the child is reaped, so no other process can be meant.
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(id) = id {
            let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
        }
    }
}

fn stream(prefix: String, pipe: impl AsyncRead + Unpin + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut lines = BufReader::new(pipe).split(b'\n');
        while let Ok(Some(line)) = lines.next_segment().await {
            say!("{prefix} {}", String::from_utf8_lossy(&line));
        }
    })
}

/// Whether the binary of every service is there.
pub(super) fn missing<'a>(names: &'a [&'static str]) -> Option<&'a str> {
    names.iter().copied().find(|name| !Path::new(&paths::binary(name)).is_file())
}
