//! The training data: parses a CSV file to rows of validated features, or locates its first error.

use std::{fs, path::Path};

use ndarray::{Array2, Axis};
use thiserror::Error;
use vitals_core::domain::features::{FEATURE_COUNT, FEATURES, FieldProblem};

use crate::registry::{DataSource, sha256_hex};

/// Column of the outcome: 1 for diabetes within five years of the examination, else 0.
pub const OUTCOME: &str = "Outcome";

/// Rows of features with their outcomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// One person per row, the eight features in their order; NaN is "not measured".
    pub rows: Array2<f64>,
    /// True for the rows with diabetes.
    pub outcomes: Vec<bool>,
    /// The file the rows come from.
    pub source: DataSource,
}

/// An invalid file of training data. Lines and columns count from 1; the header is line 1.
#[derive(Debug, Error)]
#[error("{file}{location}: {problem}")]
pub struct DataError {
    file: String,
    location: Location,
    problem: DataProblem,
}

/// The location of an error in a file.
#[derive(Debug, Clone, Copy)]
enum Location {
    File,
    Line(u64),
    Cell { line: u64, position: usize, column: &'static str },
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File => Ok(()),
            Self::Line(line) => write!(f, ", line {line}"),
            Self::Cell { line, position, column } => {
                write!(f, ", line {line}, column {position} ({column})")
            }
        }
    }
}

/// The kind of an error in training data.
#[derive(Debug, Error)]
pub enum DataProblem {
    /// The file can't be read.
    #[error("can't be read: {0}")]
    Io(#[from] std::io::Error),
    /// The file is not CSV, or its lines differ in length.
    #[error("not CSV: {0}")]
    Csv(#[from] csv::Error),
    /// The header lacks a column.
    #[error("column {0} is missing")]
    ColumnMissing(&'static str),
    /// The header has an unknown or a duplicate column.
    #[error("the header has {found} columns, expected {expected}")]
    ColumnCount {
        /// Columns of the file.
        found: usize,
        /// The eight features and the outcome.
        expected: usize,
    },
    /// A cell is not a number.
    #[error("{0:?} is not a number")]
    NotANumber(String),
    /// A value is out of its feature's range.
    #[error("the value {0}")]
    Value(FieldProblem),
    /// An outcome is neither 0 nor 1.
    #[error("the outcome must be 0 or 1, not {0:?}")]
    Outcome(String),
    /// The file has no rows.
    #[error("there are no rows")]
    Empty,
}

impl Dataset {
    /// Reads and validates a CSV file with the eight features and the outcome, in any order.
    ///
    /// # Errors
    /// The first error, with file, line and column.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let file = path.display().to_string();
        let bytes = fs::read(path).map_err(|error| DataError {
            file: file.clone(),
            location: Location::File,
            problem: error.into(),
        })?;
        let name = path.file_name().map_or(file.clone(), |name| name.to_string_lossy().into());
        parse(&bytes, &name).map_err(|(location, problem)| DataError { file, location, problem })
    }

    /// The rows and outcomes at these positions.
    #[must_use]
    pub fn select(&self, positions: &[usize]) -> (Array2<f64>, Vec<bool>) {
        let outcomes = positions.iter().map(|i| self.outcomes[*i]).collect();
        (self.rows.select(Axis(0), positions), outcomes)
    }
}

type Located = (Location, DataProblem);

fn parse(bytes: &[u8], file: &str) -> Result<Dataset, Located> {
    // Columns are found by name, so their order does not matter.
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let header = reader.headers().map_err(csv_error)?;
    let (features, outcome) = columns(header).map_err(|problem| (Location::Line(1), problem))?;
    let mut values = Vec::new();
    let mut outcomes = Vec::new();
    for record in reader.records() {
        let record = record.map_err(csv_error)?;
        for (feature, position) in FEATURES.iter().zip(features) {
            let cell = cell(&record, position, feature.column);
            let checked = feature.check(cell.number()?);
            values.push(checked.map_err(|problem| cell.error(DataProblem::Value(problem)))?);
        }
        outcomes.push(cell(&record, outcome, OUTCOME).outcome()?);
    }
    // A header alone is valid CSV.
    if outcomes.is_empty() {
        return Err((Location::File, DataProblem::Empty));
    }
    let source = DataSource {
        file: file.to_owned(),
        sha256: sha256_hex(bytes),
        rows: outcomes.len(),
        positives: outcomes.iter().filter(|positive| **positive).count(),
    };
    let rows = Array2::from_shape_fn((outcomes.len(), FEATURE_COUNT), |(i, j)| {
        values[i * FEATURE_COUNT + j]
    });
    Ok(Dataset { rows, outcomes, source })
}

fn csv_error(error: csv::Error) -> Located {
    let location =
        error.position().map_or(Location::File, |position| Location::Line(position.line()));
    (location, error.into())
}

/// The positions of the eight features and of the outcome in a line.
fn columns(header: &csv::StringRecord) -> Result<([usize; FEATURE_COUNT], usize), DataProblem> {
    let mut features = [0; FEATURE_COUNT];
    for (slot, feature) in features.iter_mut().zip(&FEATURES) {
        *slot = column(header, feature.column)?;
    }
    let outcome = column(header, OUTCOME)?;
    let expected = FEATURE_COUNT + 1;
    // An additional column could be a feature that the model would silently ignore.
    if header.len() != expected {
        return Err(DataProblem::ColumnCount { found: header.len(), expected });
    }
    Ok((features, outcome))
}

fn column(header: &csv::StringRecord, name: &'static str) -> Result<usize, DataProblem> {
    header.iter().position(|column| column == name).ok_or(DataProblem::ColumnMissing(name))
}

/// A cell and its location.
struct Cell<'a> {
    text: &'a str,
    location: Location,
}

fn cell<'a>(record: &'a csv::StringRecord, position: usize, column: &'static str) -> Cell<'a> {
    let line = record.position().map_or(0, csv::Position::line);
    // The reader rejects lines of another length than the header's, so the cell exists.
    let text = record.get(position).unwrap_or_default();
    Cell { text, location: Location::Cell { line, position: position + 1, column } }
}

impl Cell<'_> {
    fn error(&self, problem: DataProblem) -> Located {
        (self.location, problem)
    }

    fn number(&self) -> Result<f64, Located> {
        self.text.parse().map_err(|_| self.error(DataProblem::NotANumber(self.text.to_owned())))
    }

    fn outcome(&self) -> Result<bool, Located> {
        match self.text {
            "0" => Ok(false),
            "1" => Ok(true),
            other => Err(self.error(DataProblem::Outcome(other.to_owned()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "Pregnancies,Glucose,BloodPressure,SkinThickness,Insulin,BMI,\
        DiabetesPedigreeFunction,Age,Outcome";

    fn parse_lines(lines: &[&str]) -> Result<Dataset, String> {
        let text = format!("{HEADER}\n{}\n", lines.join("\n"));
        parse(text.as_bytes(), "t.csv")
            .map_err(|(location, problem)| format!("t.csv{location}: {problem}"))
    }

    #[test]
    fn a_zero_that_means_missing_becomes_nan() {
        let data =
            parse_lines(&["6,148,72,35,0,33.6,0.627,50,1", "0,0,0,0,0,0,0.351,31,0"]).unwrap();
        assert_eq!(data.outcomes, [true, false]);
        assert_eq!((data.source.rows, data.source.positives), (2, 1));
        let missing: Vec<bool> = data.rows.row(1).iter().map(|v| v.is_nan()).collect();
        assert_eq!(missing, [false, true, true, true, true, true, false, false]);
    }

    #[test]
    fn columns_are_found_by_name() {
        let text = "Outcome,Age,Pregnancies,Glucose,BloodPressure,SkinThickness,Insulin,BMI,\
            DiabetesPedigreeFunction\n1,50,6,148,72,35,20,33.6,0.627\n";
        let data = parse(text.as_bytes(), "t.csv").unwrap();
        assert_eq!(data.rows.row(0).to_vec(), [6.0, 148.0, 72.0, 35.0, 20.0, 33.6, 0.627, 50.0]);
    }

    #[test]
    fn errors_have_a_location() {
        let good = "6,148,72,35,0,33.6,0.627,50,1";
        for (line, expected) in [
            ("6,x,72,35,0,33.6,0.627,50,1", "line 3, column 2 (Glucose): \"x\" is not a number"),
            ("6,,72,35,0,33.6,0.627,50,1", "line 3, column 2 (Glucose): \"\" is not a number"),
            ("6,148,72,35,0,NaN,0.627,50,1", "line 3, column 6 (BMI): the value must be a finite"),
            ("6,148,72,35,0,33.6,0.627,5,1", "column 8 (Age): the value must be from 21 to 120"),
            ("6,148,72,35,0,33.6,0.627,50,2", "column 9 (Outcome): the outcome must be 0 or 1"),
            ("6,148,72", "line 3: not CSV"),
        ] {
            let error = parse_lines(&[good, line]).unwrap_err();
            assert!(error.contains(expected), "{line}: {error}");
        }
        assert_eq!(parse_lines(&[]).unwrap_err(), "t.csv: there are no rows");
    }

    #[test]
    fn the_header_has_exactly_the_known_columns() {
        let error = |text: &str| parse(text.as_bytes(), "t.csv").unwrap_err().1.to_string();
        assert_eq!(error("Pregnancies,Outcome\n1,1\n"), "column Glucose is missing");
        let more = format!("{HEADER},Extra\n6,148,72,35,0,33.6,0.627,50,1,3\n");
        assert_eq!(error(&more), "the header has 10 columns, expected 9");
    }

    #[test]
    fn the_error_of_a_missing_file_names_it() {
        let error = Dataset::read(Path::new("no/such.csv")).unwrap_err().to_string();
        assert!(error.starts_with("no/such.csv: can't be read"), "{error}");
    }
}
