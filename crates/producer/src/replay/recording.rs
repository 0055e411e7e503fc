//! A CSV file to rows.

use std::{ffi::OsStr, fs::File, path::Path, sync::Arc};

use anyhow::{Context as _, anyhow, bail, ensure};
use csv::StringRecord;
use vitals_core::domain::reading::{Consciousness, Vitals};

use super::{named::Named, numerics::Numerics};

/// What one line says about one patient.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) patient_id: Arc<str>,
    /// Since the Unix epoch, or since the recording began when its times are no dates, ms.
    pub(super) time_ms: i64,
    pub(super) vitals: Vitals,
    pub(super) supplemental_oxygen: Option<bool>,
    pub(super) consciousness: Option<Consciousness>,
    pub(super) device_id: Option<Arc<str>>,
    pub(super) sequence: Option<i64>,
    pub(super) ward: Option<Arc<str>>,
    pub(super) bed: Option<Arc<str>>,
}

impl Row {
    /// A row in which nothing is measured yet.
    pub(super) fn new(patient_id: Arc<str>, time_ms: i64) -> Self {
        Self {
            patient_id,
            time_ms,
            vitals: Vitals::default(),
            supplemental_oxygen: None,
            consciousness: None,
            device_id: None,
            sequence: None,
            ward: None,
            bed: None,
        }
    }
}

/// A mistake in one column of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CellError {
    pub(super) column: &'static str,
    pub(super) problem: String,
}

impl CellError {
    pub(super) fn new(column: &'static str, problem: impl Into<String>) -> Self {
        Self { column, problem: problem.into() }
    }
}

/// What the columns of a file mean.
#[derive(Debug)]
enum Layout {
    Named(Named),
    Numerics(Numerics),
}

impl Layout {
    fn new(names: &[&str], patient_id: Option<&str>, path: &Path) -> anyhow::Result<Self> {
        if names.contains(&"timestamp") {
            Ok(Self::Named(Named::new(names, patient_id)?))
        } else if names.contains(&"minute") {
            let file = path.file_stem().and_then(OsStr::to_str);
            let id = patient_id.or(file).unwrap_or("recording");
            Ok(Self::Numerics(Numerics::new(names, id)?))
        } else {
            bail!("line 1: neither a column \"timestamp\" nor a column \"minute\"")
        }
    }

    /// The row of a line; `None` when nothing is measured in it.
    fn row(&self, line: &StringRecord, columns: usize) -> anyhow::Result<Option<Row>> {
        let number = line.position().map_or(0, csv::Position::line);
        let fields = line.len();
        ensure!(fields == columns, "line {number}: {fields} fields, the header has {columns}");
        let row = match self {
            Self::Named(layout) => layout.row(line),
            Self::Numerics(layout) => layout.row(line),
        };
        row.map_err(|CellError { column, problem }| {
            anyhow!("line {number}, column {column}: {problem}")
        })
    }
}

/// What a file holds.
#[derive(Debug)]
pub(super) struct Recording {
    /// In the order of the file; at least one.
    pub(super) rows: Vec<Row>,
    /// How many lines had nothing measured in them.
    pub(super) skipped: u64,
    /// Whether the times are dates.
    pub(super) dated: bool,
}

impl Recording {
    /// Reads `path`; `patient_id` stands instead of the file's.
    pub(super) fn read(path: &Path, patient_id: Option<&str>) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("can't open {}", path.display()))?;
        // Flexible, because a wrong number of fields is better explained here.
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(file);
        Self::lines(&mut reader, patient_id, path).with_context(|| path.display().to_string())
    }

    fn lines(
        reader: &mut csv::Reader<File>,
        patient_id: Option<&str>,
        path: &Path,
    ) -> anyhow::Result<Self> {
        let header = header(reader)?;
        let names: Vec<_> = header.iter().collect();
        let layout = Layout::new(&names, patient_id, path)?;
        let dated = matches!(layout, Layout::Named(_));
        let mut recording = Self { rows: Vec::new(), skipped: 0, dated };
        let mut line = StringRecord::new();
        while reader.read_record(&mut line)? {
            match layout.row(&line, names.len())? {
                Some(row) => recording.rows.push(row),
                None => recording.skipped += 1,
            }
        }
        ensure!(!recording.rows.is_empty(), "no line with a measurement");
        Ok(recording)
    }
}

/// The names of the columns, without the mark that spreadsheets put before the first.
fn header(reader: &mut csv::Reader<File>) -> anyhow::Result<StringRecord> {
    let header = reader.headers().context("line 1")?;
    let names = header.iter().map(|name| name.trim_start_matches('\u{feff}'));
    let header: StringRecord = names.collect();
    for (index, name) in header.iter().enumerate() {
        let again = header.iter().take(index).any(|earlier| earlier == name);
        ensure!(!again, "line 1: column {name:?} is there twice");
    }
    Ok(header)
}

/// The columns by what they mean; an error names all that mean nothing.
pub(super) fn columns<T>(
    names: &[&str],
    meaning: impl Fn(&str) -> Option<T>,
) -> anyhow::Result<Vec<T>> {
    let unknown: Vec<_> = names.iter().filter(|name| meaning(name).is_none()).copied().collect();
    ensure!(unknown.is_empty(), "line 1: unknown columns: {}", unknown.join(", "));
    Ok(names.iter().filter_map(|name| meaning(name)).collect())
}

/// A number, or nothing when the cell is empty.
pub(super) fn number(column: &'static str, cell: &str) -> Result<Option<f64>, CellError> {
    if cell.is_empty() {
        return Ok(None);
    }
    match cell.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Some(number)),
        _ => Err(CellError::new(column, format!("{cell:?} is not a number"))),
    }
}

#[cfg(test)]
#[path = "recording_tests.rs"]
mod tests;
