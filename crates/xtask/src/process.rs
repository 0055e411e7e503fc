//! Process identity beyond the pid, and children that can't outlive this process.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::prctl;
use nix::sys::signal::{self, Signal};
use nix::unistd::{Pid, getppid};
use serde::{Deserialize, Serialize};

/// One process, distinguished by its start time from a later process with the same pid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The process id.
    pub pid: i32,
    /// Start time in clock ticks since boot: field 22 of `/proc/PID/stat`.
    pub start_ticks: u64,
}

impl Identity {
    /// The running process with this pid; `None` if there is none or it is a zombie.
    #[must_use]
    pub fn of(pid: i32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let start_ticks = start_ticks(&stat)?;
        Some(Self { pid, start_ticks })
    }

    /// Returns true while this process runs.
    #[must_use]
    pub fn is_alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }

    /// Returns true if one argument of the process equals `wanted`, or if the kernel does not show
    /// its arguments yet.
    #[must_use]
    pub fn has_argument(self, wanted: &str) -> bool {
        std::fs::read(format!("/proc/{}/cmdline", self.pid))
            .is_ok_and(|line| may_contain(&line, wanted))
    }

    /// Sends `signal` to exactly this process; a process that has ended is not an error.
    ///
    /// # Errors
    /// Returns an error if the signal is not permitted.
    pub fn signal(self, signal: Signal) -> nix::Result<()> {
        if !self.is_alive() {
            return Ok(());
        }
        match signal::kill(Pid::from_raw(self.pid), signal) {
            Err(nix::errno::Errno::ESRCH) => Ok(()),
            other => other,
        }
    }
}

/// Returns true if the arguments of `/proc/PID/cmdline` contain `wanted`, or if there are none.
///
/// While a program is being executed, its process runs, but its arguments are still empty. A server
/// that was started a moment ago would count as ended.
fn may_contain(cmdline: &[u8], wanted: &str) -> bool {
    cmdline.is_empty() || cmdline.split(|byte| *byte == 0).any(|arg| arg == wanted.as_bytes())
}

/// Parses the start time from `/proc/PID/stat`; `None` for a zombie or a malformed line.
///
/// The second field is the command in brackets and may itself contain spaces and brackets, so the
/// fields are counted from the last closing bracket.
fn start_ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    // `state` is field 3, the start time field 22.
    fields.nth(18)?.parse().ok()
}

/// Makes the kernel send `signal` to the child when the thread that starts it ends for any reason,
/// even a SIGKILL of this process. Start the child from a thread that lives long enough, in a tool
/// from the main thread.
#[expect(
    unsafe_code,
    reason = "the child must make the request between fork and exec, for which std has no safe call"
)]
pub fn die_with_parent(command: &mut Command, signal: Signal) {
    let parent = Pid::this();
    let set_death_signal = move || {
        prctl::set_pdeathsig(signal)?;
        // If the parent ended before the request, the signal would never be sent.
        if getppid() == parent { Ok(()) } else { Err(nix::errno::Errno::ESRCH.into()) }
    };
    // SAFETY: the closure runs in the forked child, where only async-signal-safe calls are allowed.
    // It makes two system calls (prctl, getppid), takes no lock and allocates no memory.
    unsafe {
        command.pre_exec(set_death_signal);
    }
}

/// Searches the `PATH` for `program`.
#[must_use]
pub fn find_program(program: impl AsRef<Path>) -> Option<PathBuf> {
    find_in(program.as_ref(), &std::env::var_os("PATH")?)
}

fn find_in(program: &Path, path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path).map(|dir| dir.join(program)).find(|file| {
        nix::unistd::access(file, nix::unistd::AccessFlags::X_OK).is_ok() && file.is_file()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Stdio;

    #[test]
    fn the_start_time_is_parsed_after_a_name_with_brackets() {
        let stat = "12 (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        assert_eq!(start_ticks(stat), Some(4711));
        assert_eq!(start_ticks(&stat.replace(" S ", " Z ")), None);
        assert_eq!(start_ticks("nonsense"), None);
    }

    #[test]
    fn a_process_whose_arguments_are_not_set_yet_may_be_the_server() {
        assert!(may_contain(b"", "-Dname=kafka"));
        assert!(may_contain(b"java\0-Dname=kafka\0", "-Dname=kafka"));
        assert!(!may_contain(b"java\0-Dname=hdfs\0", "-Dname=kafka"));
    }

    #[test]
    fn a_process_is_identified_by_pid_and_start_time() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let id = Identity::of(i32::try_from(child.id()).unwrap()).unwrap();
        assert!(id.is_alive());
        let successor = Identity { start_ticks: id.start_ticks + 1, ..id };
        assert!(!successor.is_alive());
        successor.signal(Signal::SIGKILL).unwrap();
        assert!(id.is_alive(), "it received a signal for another process");
        id.signal(Signal::SIGKILL).unwrap();
        child.wait().unwrap();
        assert!(!id.is_alive());
    }

    #[test]
    fn arguments_are_compared_as_a_whole() {
        let mut child = Command::new("sleep").arg("61").spawn().unwrap();
        let id = Identity::of(i32::try_from(child.id()).unwrap()).unwrap();
        // Until the exec the child still has the command line of this process, during it none at all,
        // and one without arguments may have every argument.
        while !id.has_argument("sleep") || id.has_argument("no such argument") {
            std::thread::yield_now();
        }
        assert!(id.has_argument("61"));
        assert!(!id.has_argument("6"));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_bound_child_dies_with_the_thread_that_started_it() {
        let mut child = std::thread::spawn(|| {
            let mut command = Command::new("sleep");
            command.arg("62").stdout(Stdio::null());
            die_with_parent(&mut command, Signal::SIGKILL);
            command.spawn().unwrap()
        })
        .join()
        .unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), None, "it was not killed: {status}");
    }

    #[test]
    fn programs_are_searched_on_the_path_only() {
        assert!(find_program("sh").is_some());
        assert!(find_program("no-such-program-here").is_none());
        assert!(find_in(Path::new("sh"), OsStr::new("/nowhere")).is_none());
    }
}
