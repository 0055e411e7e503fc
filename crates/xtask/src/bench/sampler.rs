//! Processor time and memory of a process and its descendants.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Interval between two samples.
const INTERVAL: Duration = Duration::from_millis(100);

/// Clock ticks per second, the unit of `/proc`: 100 on every current Linux.
const TICKS_PER_S: f64 = 100.0;

/// Resources used by a process and its descendants.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// User and system time, including children that have ended, seconds.
    pub cpu_s: f64,
    /// Current resident memory, MiB.
    pub rss_mib: f64,
    /// Peak resident memory, MiB: the kernel's own figure for one process, the largest sampled sum
    /// for several.
    pub peak_rss_mib: f64,
}

impl Usage {
    /// Usage of the process `pid` and its descendants; zero after its end.
    #[must_use]
    pub fn of(pid: i32) -> Self {
        let mut usage = Self::default();
        let mut pids = vec![pid];
        while let Some(pid) = pids.pop() {
            usage.cpu_s += cpu_s(pid);
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            usage.rss_mib += mib(&status, "VmRSS:");
            usage.peak_rss_mib = usage.peak_rss_mib.max(mib(&status, "VmHWM:"));
            pids.extend(children(pid));
        }
        usage.peak_rss_mib = usage.peak_rss_mib.max(usage.rss_mib);
        usage
    }
}

fn cpu_s(pid: i32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let Some((_, rest)) = stat.rsplit_once(')') else { return 0.0 };
    // The name in brackets may contain spaces, so fields are counted from the last bracket.
    // After the name: state is field 3; utime, stime, cutime and cstime are fields 14 to 17.
    let fields = rest.split_ascii_whitespace().skip(11).take(4);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / TICKS_PER_S
}

fn mib(status: &str, name: &str) -> f64 {
    let kib = status.lines().find_map(|line| {
        line.strip_prefix(name)?.split_ascii_whitespace().next()?.parse::<f64>().ok()
    });
    kib.unwrap_or(0.0) / 1024.0
}

fn children(pid: i32) -> Vec<i32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let mut children = Vec::new();
    for task in tasks.flatten() {
        let list = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        children.extend(list.split_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
    }
    children
}

/// Samples the usage of a process on a thread of its own.
#[derive(Debug)]
pub struct Sampler {
    samples: Arc<Mutex<Vec<(Duration, Usage)>>>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Sampler {
    /// Starts sampling `pid`.
    #[must_use]
    pub fn start(pid: i32) -> Self {
        let samples = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let samples = Arc::clone(&samples);
            let stop = Arc::clone(&stop);
            move || sample(pid, &samples, &stop)
        });
        Self { samples, stop, thread }
    }

    /// Stops sampling and returns the samples.
    #[must_use]
    pub fn stop(self) -> Samples {
        self.stop.store(true, Ordering::Relaxed);
        let _panicked = self.thread.join();
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        Samples(std::mem::take(&mut samples))
    }
}

/// Samples `pid` until `stop` is set or the process ends.
fn sample(pid: i32, samples: &Mutex<Vec<(Duration, Usage)>>, stop: &AtomicBool) {
    let start = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let usage = Usage::of(pid);
        // After the end the usage is zero; the last sample counts.
        if usage.rss_mib == 0.0 {
            return;
        }
        samples.lock().unwrap_or_else(PoisonError::into_inner).push((start.elapsed(), usage));
        std::thread::sleep(INTERVAL);
    }
}

/// The samples of a process, each with the time since the start.
#[derive(Clone, Debug)]
pub struct Samples(Vec<(Duration, Usage)>);

impl Samples {
    /// The total usage: the largest processor time and the highest peak.
    #[must_use]
    pub fn total(&self) -> Usage {
        let mut total = self.0.last().map_or_else(Usage::default, |(_, usage)| *usage);
        for (_, usage) in &self.0 {
            total.cpu_s = total.cpu_s.max(usage.cpu_s);
            total.peak_rss_mib = total.peak_rss_mib.max(usage.peak_rss_mib);
        }
        total
    }

    /// Resident memory after the share `part` (0 to 1) of the time, MiB.
    #[must_use]
    pub fn rss_mib_at(&self, part: f64) -> f64 {
        let Some((end, _)) = self.0.last() else { return 0.0 };
        let wanted = end.mul_f64(part.clamp(0.0, 1.0));
        let at = self.0.iter().find(|(time, _)| *time >= wanted);
        at.map_or(0.0, |(_, usage)| usage.rss_mib)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn processor_time_and_memory_of_a_grandchild_are_counted() {
        // The grandchild works for some tenths of a second and then sleeps.
        let script = "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; sleep 60' & wait";
        let mut child = Command::new("sh").args(["-c", script]).spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let start = Instant::now();
        while Usage::of(pid).cpu_s < 0.05 {
            assert!(start.elapsed() < Duration::from_secs(30), "{:?}", Usage::of(pid));
            std::thread::sleep(Duration::from_millis(10));
        }
        let usage = Usage::of(pid);
        assert!(usage.rss_mib > 0.1 && usage.peak_rss_mib >= usage.rss_mib, "{usage:?}");
        let grandchild = children(pid)[0];
        nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(grandchild),
            nix::sys::signal::Signal::SIGKILL,
        )
        .unwrap();
        child.wait().unwrap();
        assert_eq!(Usage::of(pid), Usage::default());
    }

    fn usage(cpu_s: f64, rss_mib: f64, peak_rss_mib: f64) -> Usage {
        Usage { cpu_s, rss_mib, peak_rss_mib }
    }

    #[test]
    fn samples_have_a_total_and_a_course_over_time() {
        let samples = Samples(vec![
            (Duration::from_secs(0), usage(0.0, 10.0, 10.0)),
            (Duration::from_secs(5), usage(1.0, 30.0, 50.0)),
            (Duration::from_secs(10), usage(2.0, 20.0, 20.0)),
        ]);
        assert_eq!(samples.total(), usage(2.0, 20.0, 50.0));
        assert_eq!(samples.rss_mib_at(0.5), 30.0);
        assert_eq!(Samples(Vec::new()).rss_mib_at(0.5), 0.0);
    }
}
