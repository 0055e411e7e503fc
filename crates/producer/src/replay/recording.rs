//! Reads a file into rows.

use std::{collections::HashMap, ffi::OsStr, path::Path, sync::Arc};

use anyhow::{Context as _, bail};

use super::{
    cells::Spelling,
    chronology::Chronology,
    columns::Columns,
    mapping::TimeMapping,
    problem::Problem,
    profiles::{Named, named, recognised},
    reader::{Reader, Rows, time_cell},
    row::Row,
    table::Table,
    times::{Times, stopwatch_ms},
    wfdb,
};
use crate::cli::ReplayArgs;

/// Maximum of problems in one message of the log.
const LOGGED: usize = 20;

/// The content of a file.
#[derive(Debug)]
pub(super) struct Recording {
    /// Name of the mapping.
    pub(super) mapping: String,
    /// Number of lines without the header.
    pub(super) lines: usize,
    /// Rows in the order of the file.
    pub(super) rows: Vec<Row>,
    /// Problems that the user has to solve.
    pub(super) problems: Vec<Problem>,
    /// Lines that are not sent: they have too few or too many cells.
    pub(super) left_out: Vec<Problem>,
    /// Number of lines without a measurement.
    pub(super) skipped: u64,
    /// Number of lines that were joined with another of the same time.
    pub(super) joined: u64,
    /// Columns with their fields.
    pub(super) used: Vec<(String, &'static str)>,
    /// Columns without a field.
    pub(super) unused: Vec<String>,
    /// True if a column has the patient.
    pub(super) has_patient: bool,
    /// Format of the times, for the report.
    pub(super) times: String,
    /// True if the times are dates.
    pub(super) dated: bool,
}

impl Recording {
    /// Reads the file that `args` name. Problems of its content are in the result.
    pub(super) fn read(args: &ReplayArgs) -> anyhow::Result<Self> {
        let path = args.file.as_path();
        Self::from_file(args, path).with_context(|| path.display().to_string())
    }

    fn from_file(args: &ReplayArgs, path: &Path) -> anyhow::Result<Self> {
        let chosen = args.map.as_deref().map(named).transpose()?;
        let is_wfdb = path.extension() == Some(OsStr::new("hea"));
        let mut table = if is_wfdb {
            wfdb::read(path)?
        } else {
            Table::read(path, chosen.as_ref().and_then(|chosen| chosen.mapping.delimiter))?
        };
        // A mapping without columns only adds settings to the profile that is recognised.
        let Named { name, mapping } = match chosen {
            Some(chosen) if !chosen.mapping.columns.is_empty() => chosen,
            chosen => {
                let profile = if is_wfdb { named("wfdb")? } else { recognised(&table.header)? };
                chosen.map_or(profile.clone(), |chosen| chosen.over(profile))
            }
        };
        table.prepare(&mapping);
        let mut problems = std::mem::take(&mut table.problems);
        let columns = Columns::bind(&table, &mapping, &mut problems);
        let spelling = Spelling::new(&mapping, table.delimiter);
        let times = match times(args, &table, &columns, &spelling, &mapping.time) {
            Ok(times) => times,
            Err(problem) => {
                problems.push(problem);
                // Without a time no line can be read, but the report still shows the columns.
                return Ok(Self::without_rows(name, &table, &columns, problems));
            }
        };
        let mut recording = Self::without_rows(name, &table, &columns, problems);
        recording.dated = times.is_dated();
        recording.times = times.description();
        let width = table.header.len();
        let mut reader = Reader {
            mapping: &mapping,
            columns: &columns,
            times: &times,
            spelling: &spelling,
            given: args.patient_id.as_deref().map(Arc::from),
            fallback: args.patient_id.as_deref().unwrap_or_else(|| stem(path)).into(),
            chronology: Chronology::default(),
            parameters: HashMap::new(),
        };
        recording.add(reader.read(table.lines, width));
        Ok(recording)
    }

    fn without_rows(
        mapping: String,
        table: &Table,
        columns: &Columns,
        problems: Vec<Problem>,
    ) -> Self {
        let used = columns.time.iter().chain(&columns.values);
        Self {
            mapping,
            lines: table.lines.len(),
            rows: Vec::new(),
            problems,
            left_out: Vec::new(),
            skipped: 0,
            joined: 0,
            used: used.map(|c| (c.name.clone(), c.target.field.name())).collect(),
            unused: columns.unused.clone(),
            has_patient: columns.has_patient(),
            times: "unknown".to_owned(),
            dated: true,
        }
    }

    fn add(&mut self, rows: Rows) {
        self.rows = rows.rows;
        self.problems.extend(rows.problems);
        // Problems of the header and of the lines come from different passes.
        self.problems.sort_by_key(|problem| problem.line);
        self.left_out = rows.left_out;
        self.skipped = rows.skipped;
        self.joined = rows.joined;
        self.used.extend(rows.used);
        self.unused.extend(rows.unused);
    }

    /// Number of rows that are earlier than the row before of the same patient.
    pub(super) fn disordered(&self) -> usize {
        let mut latest = HashMap::new();
        let mut disordered = 0;
        for row in &self.rows {
            let latest = latest.entry(&row.patient_id).or_insert(row.time_ms);
            disordered += usize::from(row.time_ms < *latest);
            *latest = row.time_ms.max(*latest);
        }
        disordered
    }

    /// Requires a recording that can be sent as a whole; the error lists every problem.
    pub(super) fn require_complete(&self, path: &Path) -> anyhow::Result<()> {
        if self.problems.is_empty() && !self.rows.is_empty() {
            return Ok(());
        }
        let mut lines = first_ones(&self.problems);
        if self.rows.is_empty() {
            lines.push("no line with a measurement".to_owned());
        }
        bail!("{}: {}", path.display(), lines.join("\n"))
    }
}

/// The first problems for a log, and the number of the others.
pub(super) fn first_ones(problems: &[Problem]) -> Vec<String> {
    let mut lines: Vec<_> = problems.iter().take(LOGGED).map(Problem::to_string).collect();
    if let Some(more @ 1..) = problems.len().checked_sub(LOGGED) {
        lines.push(format!("and {more} more: --check lists all"));
    }
    lines
}

/// The times of `table`, by all the cells of their column.
fn times(
    args: &ReplayArgs,
    table: &Table,
    columns: &Columns,
    spelling: &Spelling,
    mapping: &TimeMapping,
) -> Result<Times, Problem> {
    let complete = table.lines.iter().filter(|line| line.has_width(table.header.len()));
    let cells = complete.map(|line| time_cell(columns, line));
    let cells: Vec<_> = cells.filter(|cell| !spelling.is_missing(&cell.text)).collect();
    // The command line before the header before the mapping; a file of dates has no elapsed times,
    // although its profile expects them.
    let is_elapsed = cells.first().is_none_or(|first| {
        spelling.parse(&first.text).is_some() || stopwatch_ms(&first.text).is_some()
    });
    let of_file = columns.elapsed.or(mapping.elapsed).filter(|_| is_elapsed);
    let column = columns.time.first().map_or("timestamp", |column| column.name.as_str());
    Times::new(mapping, args.elapsed.or(of_file), spelling, column, &cells)
}

/// The name of a file without its endings, such as `.csv.gz`.
fn stem(path: &Path) -> &str {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or("recording");
    let name = name.strip_suffix(".gz").unwrap_or(name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

#[cfg(test)]
#[path = "export_tests.rs"]
mod export_tests;

#[cfg(test)]
#[path = "recording_tests.rs"]
mod tests;
