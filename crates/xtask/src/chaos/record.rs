//! What happened, when, and how often.

use std::collections::BTreeMap;
use std::time::Instant;

use super::plan::Event;
use crate::bench::table::Table;
use crate::say;
use crate::terminal::{Colour, paint};

/// The log and the counts of one run.
#[derive(Debug)]
pub(super) struct Record {
    start: Instant,
    /// By kind: happened, left out because its target was broken already.
    counts: BTreeMap<String, (u32, u32)>,
    pub(super) findings: Vec<String>,
}

impl Record {
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

    /// Prints how often what happened.
    pub(super) fn summarise(&self) {
        let mut table = Table::new(&["fault", "happened", "left out"]);
        for (kind, (happened, left_out)) in &self.counts {
            table.row([kind.clone(), happened.to_string(), left_out.to_string()]);
        }
        say!();
        table.print();
    }
}
