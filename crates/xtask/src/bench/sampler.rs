//! What a process costs: processor time and memory, with its descendants.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Time between two samples.
const EVERY: Duration = Duration::from_millis(100);

/// Clock ticks in a second, in which `/proc` counts: 100 on every Linux of today.
const TICKS_PER_S: f64 = 100.0;

/// What a process and its descendants have used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Processor time, user and system, with children that have ended, seconds.
    pub cpu_s: f64,
    /// Resident memory now, MiB.
    pub rss_mib: f64,
    /// Most resident memory at any time, MiB. Of one process it is the kernel's own figure; of
    /// several the largest sum that was sampled.
    pub peak_rss_mib: f64,
}

impl Usage {
    /// Of the process `pid` and those that it has started; zero once it is gone.
    #[must_use]
    pub fn of(pid: i32) -> Self {
        let mut usage = Self::default();
        let mut open = vec![pid];
        while let Some(pid) = open.pop() {
            usage.cpu_s += cpu_s(pid);
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            usage.rss_mib += mib(&status, "VmRSS:");
            usage.peak_rss_mib = usage.peak_rss_mib.max(mib(&status, "VmHWM:"));
            open.extend(children(pid));
        }
        usage.peak_rss_mib = usage.peak_rss_mib.max(usage.rss_mib);
        usage
    }
}

fn cpu_s(pid: i32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let Some((_, rest)) = stat.rsplit_once(')') else { return 0.0 };
    // Behind the name: state is field 3; utime, stime, cutime and cstime are fields 14 to 17.
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
    let lists =
        tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| {
            list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>()
        })
        .collect()
}

/// Watches a process until it is told to stop.
#[derive(Debug)]
pub struct Sampler {
    samples: Arc<Mutex<Vec<(Duration, Usage)>>>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Sampler {
    /// Starts to watch `pid`.
    #[must_use]
    pub fn start(pid: i32) -> Self {
        let samples = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (samples, stop) = (Arc::clone(&samples), Arc::clone(&stop));
            let start = Instant::now();
            move || {
                while !stop.load(Ordering::Relaxed) {
                    let usage = Usage::of(pid);
                    // Gone: what was seen last counts.
                    if usage.rss_mib == 0.0 {
                        return;
                    }
                    let mut samples = samples.lock().unwrap_or_else(PoisonError::into_inner);
                    samples.push((start.elapsed(), usage));
                    drop(samples);
                    std::thread::sleep(EVERY);
                }
            }
        });
        Self { samples, stop, thread }
    }

    /// Ends watching; every sample with the time since the start.
    #[must_use]
    pub fn stop(self) -> Samples {
        self.stop.store(true, Ordering::Relaxed);
        let _panicked = self.thread.join();
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        Samples(std::mem::take(&mut samples))
    }
}

/// What was seen of a process.
#[derive(Clone, Debug)]
pub struct Samples(Vec<(Duration, Usage)>);

impl Samples {
    /// All that it has used: the processor time of the last sample, the highest peak.
    #[must_use]
    pub fn total(&self) -> Usage {
        let mut total = self.0.last().map_or_else(Usage::default, |(_, usage)| *usage);
        for (_, usage) in &self.0 {
            total.cpu_s = total.cpu_s.max(usage.cpu_s);
            total.peak_rss_mib = total.peak_rss_mib.max(usage.peak_rss_mib);
        }
        total
    }

    /// Resident memory when `part` (0 to 1) of the time had gone, MiB.
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
    fn work_and_memory_of_a_child_of_the_child_are_counted() {
        // Some tenths of a second of work in a grandchild that goes on to live.
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

    #[test]
    fn samples_tell_total_and_course() {
        let usage = |cpu_s, rss_mib, peak_rss_mib| Usage { cpu_s, rss_mib, peak_rss_mib };
        let at = Duration::from_secs;
        let samples = Samples(vec![
            (at(0), usage(0.0, 10.0, 10.0)),
            (at(5), usage(1.0, 30.0, 50.0)),
            (at(10), usage(2.0, 20.0, 20.0)),
        ]);
        assert_eq!(samples.total(), usage(2.0, 20.0, 50.0));
        assert_eq!(samples.rss_mib_at(0.5), 30.0);
        assert_eq!(Samples(Vec::new()).rss_mib_at(0.5), 0.0);
    }
}
