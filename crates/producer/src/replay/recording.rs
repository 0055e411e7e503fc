//! Reads a CSV file into rows.

use std::{ffi::OsStr, fs::File, path::Path, sync::Arc};

use anyhow::{Context as _, anyhow, bail, ensure};
use csv::StringRecord;
use vitals_core::domain::reading::{Consciousness, Vitals};

use super::{fields::FieldsLayout, numerics::NumericsLayout};

/// One line of the file: the values of one patient at one time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) patient_id: Arc<str>,
    /// Time in ms, since the Unix epoch or, if the recording has no dates, since its start.
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
    /// A row without values.
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

/// An invalid value in one column of a line.
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

/// Meaning of the columns of a file.
#[derive(Debug)]
enum Layout {
    Fields(FieldsLayout),
    Numerics(NumericsLayout),
}

impl Layout {
    fn new(names: &[&str], patient_id: Option<&str>, path: &Path) -> anyhow::Result<Self> {
        if names.contains(&"timestamp") {
            Ok(Self::Fields(FieldsLayout::new(names, patient_id)?))
        } else if names.contains(&"minute") {
            // Numerics have no column for the patient.
            let file = path.file_stem().and_then(OsStr::to_str);
            let id = patient_id.or(file).unwrap_or("recording");
            Ok(Self::Numerics(NumericsLayout::new(names, id)?))
        } else {
            bail!("line 1: neither a column \"timestamp\" nor a column \"minute\"")
        }
    }

    /// Parses a line; `None` if it has no measurement.
    fn row(&self, line: &StringRecord, columns: usize) -> anyhow::Result<Option<Row>> {
        let number = line.position().map_or(0, csv::Position::line);
        let fields = line.len();
        ensure!(fields == columns, "line {number}: {fields} fields, the header has {columns}");
        let row = match self {
            Self::Fields(layout) => layout.row(line),
            Self::Numerics(layout) => layout.row(line),
        };
        row.map_err(|CellError { column, problem }| {
            anyhow!("line {number}, column {column}: {problem}")
        })
    }
}

/// The content of a file.
#[derive(Debug)]
pub(super) struct Recording {
    /// Rows in the order of the file; at least one.
    pub(super) rows: Vec<Row>,
    /// Number of lines without a measurement.
    pub(super) skipped: u64,
    /// True if the times are dates.
    pub(super) dated: bool,
}

impl Recording {
    /// Reads `path`; `patient_id` overrides the file's.
    pub(super) fn read(path: &Path, patient_id: Option<&str>) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("can't open {}", path.display()))?;
        // Flexible, because our own message about a wrong number of fields is clearer than csv's.
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
        let dated = matches!(layout, Layout::Fields(_));
        let mut recording = Self { rows: Vec::new(), skipped: 0, dated };
        // One record is reused for all lines.
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

/// Names of the columns, without the byte order mark that spreadsheets write.
fn header(reader: &mut csv::Reader<File>) -> anyhow::Result<StringRecord> {
    let header = reader.headers().context("line 1")?;
    let names = header.iter().map(|name| name.trim_start_matches('\u{feff}'));
    let header: StringRecord = names.collect();
    for (index, name) in header.iter().enumerate() {
        let is_duplicate = header.iter().take(index).any(|earlier| earlier == name);
        ensure!(!is_duplicate, "line 1: duplicate column {name:?}");
    }
    Ok(header)
}

/// Resolves the columns by name; the error lists every unknown one.
pub(super) fn columns<T>(
    names: &[&str],
    column: impl Fn(&str) -> Option<T>,
) -> anyhow::Result<Vec<T>> {
    let unknown: Vec<_> = names.iter().filter(|name| column(name).is_none()).copied().collect();
    ensure!(unknown.is_empty(), "line 1: unknown columns: {}", unknown.join(", "));
    Ok(names.iter().filter_map(|name| column(name)).collect())
}

/// Parses a number; `None` for an empty cell.
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
