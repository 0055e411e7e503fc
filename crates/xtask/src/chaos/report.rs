//! The printed log of a run, its counts of faults, and its findings.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use super::plan::{self, Event};
use crate::bench::table::Table;
use crate::consumer_log::ConsumerLog;
use crate::say;
use crate::terminal::{Colour, paint};

/// Counts of one kind of fault.
#[derive(Clone, Copy, Debug, Default)]
struct FaultCounts {
    injected: u32,
    /// Not injected because the target was already broken.
    skipped: u32,
}

/// The report of one run.
#[derive(Debug)]
pub(super) struct Report {
    start: Instant,
    counts: BTreeMap<String, FaultCounts>,
    /// Violations of the product's guarantees; empty after a clean run.
    pub(super) findings: Vec<String>,
}

impl Report {
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), counts: BTreeMap::new(), findings: Vec::new() }
    }

    /// Counts and prints a fault that was injected.
    pub(super) fn injected(&mut self, event: &Event) {
        self.counts.entry(event.fault.kind()).or_default().injected += 1;
        let seconds = event.duration.as_secs_f64();
        self.line(Colour::Yellow, &format!("{}, {seconds:.1} s", event.fault));
    }

    /// Counts a fault that was not injected because its target was already broken.
    pub(super) fn skipped(&mut self, event: &Event) {
        self.counts.entry(event.fault.kind()).or_default().skipped += 1;
    }

    /// Prints an expected event.
    pub(super) fn note(&self, text: &str) {
        self.line(Colour::Cyan, text);
    }

    /// Records and prints a violation of the product's guarantees.
    pub(super) fn finding(&mut self, text: &str) {
        self.line(Colour::Red, &format!("FINDING: {text}"));
        self.findings.push(text.to_owned());
    }

    /// Records the archives that failed for good, from the consumers' logs in the folder `logs`. A
    /// consumer goes on without them.
    ///
    /// # Errors
    /// Returns an error if a log can't be read.
    pub(super) fn record_failed_archives(&mut self, logs: &Path) -> Result<()> {
        for log in consumer_logs(logs)? {
            for failure in log.failed_archives() {
                self.finding(&format!("an archive failed: {failure}"));
            }
        }
        Ok(())
    }

    fn line(&self, colour: Colour, text: &str) {
        say!("{:7.1} s  {}", self.start.elapsed().as_secs_f64(), paint(colour, text));
    }

    /// Prints the counts by kind of fault. A failpoint is only armed when its consumer starts;
    /// whether it was hit is read from the consumers' logs in the folder `logs`.
    ///
    /// # Errors
    /// Returns an error if a log can't be read.
    pub(super) fn summarise(&self, logs: &Path) -> Result<()> {
        let hits = failpoint_hits(logs)?;
        let mut table = Table::new(&["fault", "happened", "skipped", "armed, not hit"]);
        for (kind, counts) in &self.counts {
            let happened = match plan::failpoint_action(kind) {
                Some(action) => hits.get(action).copied().unwrap_or_default(),
                None => counts.injected,
            };
            let not_hit = match counts.injected.saturating_sub(happened) {
                0 => String::new(),
                count => count.to_string(),
            };
            table.row([kind.clone(), happened.to_string(), counts.skipped.to_string(), not_hit]);
        }
        say!();
        table.print();
        Ok(())
    }
}

/// Number of failpoints hit, by action, from the consumers' logs.
fn failpoint_hits(logs: &Path) -> Result<BTreeMap<String, u32>> {
    let mut hits = BTreeMap::new();
    for log in consumer_logs(logs)? {
        for action in log.failpoint_actions() {
            *hits.entry(action).or_default() += 1;
        }
    }
    Ok(hits)
}

/// The consumers' logs in the folder `logs`.
fn consumer_logs(logs: &Path) -> Result<Vec<ConsumerLog>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(logs).with_context(|| format!("reading {}", logs.display()))? {
        let path = entry?.path();
        if path.extension() != Some(OsStr::new("log")) {
            continue;
        }
        found.push(ConsumerLog::read(&path)?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failpoint_hits_are_counted_by_action_over_all_logs() {
        let dir = tempfile::tempdir().unwrap();
        let log = "{\"failpoint.action\":\"Kill\"}\n{\"message\":\"a commit failed\"}\n";
        fs::write(dir.path().join("consumer0.1.log"), log).unwrap();
        fs::write(dir.path().join("consumer1.1.log"), log.replace("Kill", "Full")).unwrap();
        fs::write(dir.path().join("consumer1.1.threads"), log).unwrap();
        let hits = failpoint_hits(dir.path()).unwrap();
        assert_eq!(hits, [("full".to_owned(), 1), ("kill".to_owned(), 1)].into());
    }
}
