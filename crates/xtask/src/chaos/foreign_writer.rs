//! Another program that writes to the table: Python's `deltalake`, which compacts it.

use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use tokio::process::Child;

use crate::suite::python;
use crate::{command, paths, process};

/// The writer, and its process while there is one.
#[derive(Debug)]
pub(super) struct ForeignWriter {
    interpreter: PathBuf,
    table: String,
    log: PathBuf,
    child: Option<Child>,
}

impl ForeignWriter {
    /// Creates the Python environment if need be: the first time takes a minute.
    pub(super) fn new(table: String, log: PathBuf) -> Result<Self> {
        Ok(Self { interpreter: python::environment()?, table, log, child: None })
    }

    /// Starts a compaction. Returns false if one is running.
    pub(super) fn start(&mut self) -> Result<bool> {
        // One at a time: two compactions would only conflict with each other.
        if let Some(child) = &mut self.child
            && child.try_wait()?.is_none()
        {
            return Ok(false);
        }
        let script = paths::root().join("crates/xtask/tests/python/compact_table.py");
        let script = script.display().to_string();
        let log = File::options().create(true).append(true).open(&self.log);
        let log = log.with_context(|| format!("opening {}", self.log.display()))?;
        let mut command =
            command::program(&self.interpreter, &paths::root(), &[&script, &self.table]);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        process::die_with_parent(&mut command, Signal::SIGKILL);
        let child = tokio::process::Command::from(command).kill_on_drop(true).spawn();
        self.child = Some(child.context("starting the foreign writer")?);
        Ok(true)
    }

    /// Kills the process if it still runs. A compaction that fails is legitimate: it may conflict
    /// with another one, or HDFS may be down.
    pub(super) async fn stop(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }
}
