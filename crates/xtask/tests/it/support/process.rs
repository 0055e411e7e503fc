//! A service's binary as a child process, with its output in a file.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::Child;
use xtask::{paths, process};

/// Lines of a log that a failed test prints.
const LAST_LINES: usize = 20;

/// A running service; killed on drop. If a test fails, the end of its log is printed.
pub(crate) struct Process {
    child: Child,
    name: String,
    log: PathBuf,
}

impl Process {
    /// Starts `binary` with its log in `dir`.
    pub(crate) fn start(
        dir: &Path,
        name: &str,
        binary: &Path,
        args: &[&str],
        settings: &[(String, String)],
    ) -> Self {
        assert!(binary.is_file(), "{} is not built: cargo build --workspace", binary.display());
        let path = dir.join(format!("{name}.log"));
        let log = File::create(&path).unwrap();
        let mut command = Command::new(binary);
        command
            .args(args)
            .envs(settings.iter().map(|(key, value)| (key, value)))
            .current_dir(paths::root())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        process::die_with_parent(&mut command, Signal::SIGKILL);
        let child = tokio::process::Command::from(command).kill_on_drop(true).spawn().unwrap();
        Self { child, name: name.to_owned(), log: path }
    }

    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.child.id().expect("the process has ended")).unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).unwrap();
    }

    /// Returns true while the process runs.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for the end of the process.
    pub(crate) async fn ended(&mut self, timeout: Duration) -> ExitStatus {
        tokio::time::timeout(timeout, self.child.wait())
            .await
            .unwrap_or_else(|_| panic!("{} still runs after {} s", self.name, timeout.as_secs()))
            .unwrap()
    }

    /// Kills the process: a crash.
    pub(crate) async fn crash(mut self) {
        self.signal(Signal::SIGKILL);
        self.ended(Duration::from_secs(10)).await;
    }

    /// Stops the process and asserts that it ends successfully.
    pub(crate) async fn stop(mut self) {
        self.signal(Signal::SIGTERM);
        let status = self.ended(Duration::from_secs(40)).await;
        assert!(status.success(), "{}: {status}", self.name);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let last = lines.get(lines.len().saturating_sub(LAST_LINES)..).unwrap_or_default();
        eprintln!(
            "{} ({:?}) logged at last:\n{}",
            self.name,
            self.child.try_wait(),
            last.join("\n")
        );
    }
}
