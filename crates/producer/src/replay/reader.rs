//! Turns the lines of a table into rows.

use std::{collections::HashMap, sync::Arc};

use vitals_core::domain::reading::Vitals;

use super::{
    cells::Spelling,
    chronology::Chronology,
    columns::{Column, Columns},
    line::Line,
    long::Joined,
    mapping::{Field, Mapping, Target},
    names::ColumnName,
    pressures::Pressures,
    problem::Problem,
    row::Row,
    times::{TimeCell, Times},
};

/// Reads the lines of one table.
pub(super) struct Reader<'a> {
    pub(super) mapping: &'a Mapping,
    pub(super) columns: &'a Columns,
    pub(super) times: &'a Times,
    pub(super) spelling: &'a Spelling,
    /// The patient of the command line, which overrides the file's.
    pub(super) given: Option<Arc<str>>,
    /// The patient of a file without a column for it.
    pub(super) fallback: Arc<str>,
    pub(super) chronology: Chronology,
    /// Fields of the parameters of a long table that were met.
    pub(super) parameters: HashMap<String, Option<Target>>,
}

/// The rows of a table, and the lines that are none.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    /// Cells that have no meaning.
    pub(super) problems: Vec<Problem>,
    /// Lines with too few or too many cells.
    pub(super) left_out: Vec<Problem>,
    /// Lines without a measurement.
    pub(super) skipped: u64,
    /// Lines that were joined with an earlier one of the same patient and time.
    pub(super) joined: u64,
    /// Parameters of a long table with their fields.
    pub(super) used: Vec<(String, &'static str)>,
    /// Parameters of a long table without a field.
    pub(super) unused: Vec<String>,
}

impl Reader<'_> {
    /// Reads `lines` of a table with `width` columns, and frees each of them.
    pub(super) fn read(&mut self, lines: Vec<Line>, width: usize) -> Rows {
        let mut rows = Rows::default();
        let mut joined = Joined::default();
        for line in lines {
            if !line.has_width(width) {
                let text = format!("{} fields, the header has {width}", line.len());
                rows.left_out.push(Problem::of_line(line.number, text));
                continue;
            }
            // A line with a problem is not counted as one without a measurement.
            let problems = rows.problems.len();
            let mut pressures = Pressures::default();
            let row = match self.columns.long {
                _ if line.is_blank() => None,
                None => self.wide(&line, &mut pressures, &mut rows.problems),
                Some(long) => self.long(&line, long, &mut pressures, &mut rows),
            };
            match row {
                Some(row) if self.columns.long.is_some() => joined.push(row, &pressures, &mut rows),
                Some(row) if row.has_value() => rows.rows.push(row),
                _ if rows.problems.len() > problems => {}
                _ => rows.skipped += 1,
            }
        }
        joined.finish(&mut rows);
        rows
    }

    /// The patient and time of a line.
    fn identity(&mut self, line: &Line, problems: &mut Vec<Problem>) -> Option<Row> {
        let mut patient = self.given.clone();
        if patient.is_none() {
            let column = self.columns.values.iter().find(|c| c.target.field == Field::PatientId);
            patient = match column {
                None => Some(Arc::clone(&self.fallback)),
                Some(column) => cell(column, line, problems, |cell| match cell {
                    "" => Err("is empty".to_owned()),
                    cell => Spelling::text(cell),
                }),
            };
        }
        let time = time_cell(self.columns, line).text;
        let parsed = match &*time {
            "" => Err("is empty".to_owned()),
            time => self.times.parse(time, self.spelling),
        };
        match (patient, parsed) {
            (Some(patient), Ok(time)) => {
                let time_ms = self.chronology.place(&patient, time);
                Some(Row::new(line.number, patient, time_ms))
            }
            (_, Err(text)) => {
                let column = self.columns.time.first().map_or("timestamp", |column| &column.name);
                problems.push(Problem::of_cell(line.number, column, text));
                None
            }
            (None, Ok(_)) => None,
        }
    }

    /// The row of a line that has one value per column.
    fn wide(
        &mut self,
        line: &Line,
        pressures: &mut Pressures,
        problems: &mut Vec<Problem>,
    ) -> Option<Row> {
        let mut row = self.identity(line, problems);
        // The other cells are read too, so that all their problems are reported.
        let mut unused = Row::new(line.number, Arc::clone(&self.fallback), 0);
        let into = row.as_mut().unwrap_or(&mut unused);
        let mut has_nonzero = false;
        for column in &self.columns.values {
            let value = self.set(into, column, line, pressures, problems);
            has_nonzero |= value.is_some_and(|value| value != 0.0);
        }
        pressures.apply(&mut into.vitals);
        // A line of zeros has no measurement if zero is none.
        if self.mapping.zero_is_missing && !has_nonzero {
            into.vitals = Vitals::default();
        }
        row
    }

    /// The row of a line of a long table, without its pressures.
    fn long(
        &mut self,
        line: &Line,
        (name, value): (usize, usize),
        pressures: &mut Pressures,
        rows: &mut Rows,
    ) -> Option<Row> {
        let name = line.cell(name);
        let target = self.parameter(name, rows)?;
        let mut row = self.identity(line, &mut rows.problems)?;
        let column = Column { index: value, name: name.to_owned(), target };
        let has_value = self.set(&mut row, &column, line, pressures, &mut rows.problems).is_some();
        (has_value || row.has_value()).then_some(row)
    }

    /// The field of a parameter of a long table.
    fn parameter(&mut self, name: &str, rows: &mut Rows) -> Option<Target> {
        // Looked up once for each name: a long table repeats it in every line.
        if let Some(known) = self.parameters.get(name) {
            return *known;
        }
        let target = self.mapping.target(&ColumnName::new(name));
        self.parameters.insert(name.to_owned(), target);
        match target {
            Some(target) => rows.used.push((name.to_owned(), target.field.name())),
            None => rows.unused.push(name.to_owned()),
        }
        target
    }

    /// Sets the field of one column and returns the value of a vital.
    fn set(
        &self,
        row: &mut Row,
        column: &Column,
        line: &Line,
        pressures: &mut Pressures,
        problems: &mut Vec<Problem>,
    ) -> Option<f64> {
        let spelling = self.spelling;
        match column.target.field {
            Field::PatientId | Field::Timestamp | Field::Date | Field::Time => {}
            Field::Vital(_) => {
                let value = cell(column, line, problems, |cell| spelling.number(cell))?;
                return self.set_vital(row, column, value, pressures);
            }
            Field::SupplementalOxygen => {
                row.supplemental_oxygen =
                    cell(column, line, problems, |cell| spelling.boolean(cell));
            }
            Field::Consciousness => {
                row.consciousness =
                    cell(column, line, problems, |cell| spelling.consciousness(cell));
            }
            Field::Sequence => {
                row.sequence = cell(column, line, problems, |cell| spelling.sequence(cell));
            }
            Field::DeviceId => row.device_id = cell(column, line, problems, Spelling::text),
            Field::Ward => row.ward = cell(column, line, problems, Spelling::text),
            Field::Bed => row.bed = cell(column, line, problems, Spelling::text),
        }
        None
    }

    fn set_vital(
        &self,
        row: &mut Row,
        column: &Column,
        value: f64,
        pressures: &mut Pressures,
    ) -> Option<f64> {
        let Field::Vital(vital) = column.target.field else { return None };
        let value = column.target.conversion.apply(value);
        match column.target.source {
            Some(source) => pressures.set(source, vital, value),
            // Zeros of heart rate, pulse and SpO2 are sent: readers of the topic recognise a
            // detached probe by them.
            None if value == 0.0 && self.mapping.zero_is_missing && !vital.zero_is_missing() => {}
            None => row.vitals.set(vital, Some(value)),
        }
        Some(value)
    }
}

/// The value of a cell; `None` without one or with a problem.
fn cell<T>(
    column: &Column,
    line: &Line,
    problems: &mut Vec<Problem>,
    parse: impl Fn(&str) -> Result<Option<T>, String>,
) -> Option<T> {
    parse(line.cell(column.index)).unwrap_or_else(|text| {
        problems.push(Problem::of_cell(line.number, &column.name, text));
        None
    })
}

/// The time of a line: one cell, or those of date and time with a space between.
pub(super) fn time_cell<'a>(columns: &Columns, line: &'a Line) -> TimeCell<'a> {
    let text = match columns.time.as_slice() {
        [] => "".into(),
        [column] => line.cell(column.index).into(),
        columns => {
            let cells: Vec<_> = columns.iter().map(|column| line.cell(column.index)).collect();
            cells.join(" ").trim().to_owned().into()
        }
    };
    TimeCell { line: line.number, text }
}
