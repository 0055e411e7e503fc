//! What happened, when, and how often.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use super::plan::{self, Event};
use crate::bench::table::Table;
use crate::say;
use crate::terminal::{Colour, paint};

/// The log and the counts of one run.
#[derive(Debug)]
pub(super) struct Report {
    start: Instant,
    /// By kind: struck, left out because its target was broken already.
    counts: BTreeMap<String, (u32, u32)>,
    pub(super) findings: Vec<String>,
}

impl Report {
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), counts: BTreeMap::new(), findings: Vec::new() }
    }

    pub(super) fn struck(&mut self, event: &Event) {
        self.counts.entry(event.fault.kind()).or_default().0 += 1;
        self.line(Colour::Yellow, &format!("{}, {:.1} s", event.fault, event.lasts.as_secs_f64()));
    }

    pub(super) fn skipped(&mut self, event: &Event) {
        self.counts.entry(event.fault.kind()).or_default().1 += 1;
    }

    pub(super) fn note(&self, text: &str) {
        self.line(Colour::Cyan, text);
    }

    /// Something that must not be.
    pub(super) fn finding(&mut self, text: &str) {
        self.line(Colour::Red, &format!("FINDING: {text}"));
        self.findings.push(text.to_owned());
    }

    fn line(&self, colour: Colour, text: &str) {
        say!("{:7.1} s  {}", self.start.elapsed().as_secs_f64(), paint(colour, text));
    }

    /// Prints how often what happened. A fault at a step is only laid when its consumer starts;
    /// that somebody came to the step stands in the consumers' logs, in `logs`.
    ///
    /// # Errors
    /// When a log can't be read.
    pub(super) fn summarise(&self, logs: &Path) -> Result<()> {
        let met = met_at_steps(logs)?;
        let mut table = Table::new(&["fault", "happened", "left out", "laid, not met"]);
        for (kind, (struck, left_out)) in &self.counts {
            let happened = match plan::action(kind) {
                Some(action) => met.get(action).copied().unwrap_or_default(),
                None => *struck,
            };
            let not_met = struck.saturating_sub(happened);
            let row = [kind.clone(), happened.to_string(), left_out.to_string()];
            let not_met = if not_met > 0 { not_met.to_string() } else { String::new() };
            table.row(row.into_iter().chain([not_met]));
        }
        say!();
        table.print();
        Ok(())
    }
}

/// How often each action was met at a step, from the consumers' logs.
fn met_at_steps(logs: &Path) -> Result<BTreeMap<String, u32>> {
    let mut met = BTreeMap::new();
    for entry in fs::read_dir(logs).with_context(|| format!("reading {}", logs.display()))? {
        let path = entry?.path();
        if path.extension() != Some(OsStr::new("log")) {
            continue;
        }
        let text = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        for action in String::from_utf8_lossy(&text).lines().filter_map(action_met) {
            *met.entry(action).or_default() += 1;
        }
    }
    Ok(met)
}

/// The action in the line that a consumer writes when it comes to a step with a fault.
fn action_met(line: &str) -> Option<String> {
    let (_, fields) = line.split_once(": a fault on purpose step=")?;
    let (_, action) = fields.split_once(" action=")?;
    Some(action.trim_end().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_of_the_fault_itself_counts() {
        let dir = tempfile::tempdir().unwrap();
        let log = "\
            1 WARN consumer::failpoint::injection: a fault on purpose step=AfterPut action=Kill\n\
            2 WARN consumer::archive::sink::outcome: it failed failures=0 error=\"a fault on purpose\"\n\
            3 WARN consumer::failpoint::injection: faults will be injected faults=\"a:kill\"\n";
        fs::write(dir.path().join("consumer0.1.log"), log).unwrap();
        fs::write(dir.path().join("consumer1.1.log"), log.replace("Kill", "Full")).unwrap();
        let met = met_at_steps(dir.path()).unwrap();
        assert_eq!(met, [("full".to_owned(), 1), ("kill".to_owned(), 1)].into());
    }
}
