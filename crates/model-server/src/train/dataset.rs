//! The training data: a CSV file to rows of checked features, or the place of what is wrong.

use std::{fs, path::Path};

use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;
use vitals_core::domain::features::{FEATURE_COUNT, FEATURES, FieldProblem};

use crate::registry::sha256_hex;

/// Column of the outcome: 1 for diabetes within five years of the examination, else 0.
pub const OUTCOME: &str = "Outcome";

/// Rows of features with their outcomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// One person per row, the eight features in their order; NaN is "not measured".
    pub rows: Array2<f64>,
    /// Whether diabetes was found, per row.
    pub outcomes: Vec<bool>,
    /// Where the rows are from.
    pub source: DataSource,
}

/// What identifies the data that a model was trained on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DataSource {
    /// Name of the file, without its folder.
    pub file: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Number of people.
    pub rows: usize,
    /// Number of people with diabetes.
    pub positives: usize,
}

/// Why a file is not training data. Lines and columns count from 1, the header is line 1.
#[derive(Debug, Error)]
#[error("{file}{place}: {problem}")]
pub struct DataError {
    file: String,
    place: Place,
    problem: DataProblem,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    File,
    Line(u64),
    Cell { line: u64, position: usize, column: &'static str },
}

impl std::fmt::Display for Place {
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

/// What is wrong in that place.
#[derive(Debug, Error)]
pub enum DataProblem {
    /// The file can't be read.
    #[error("can't be read: {0}")]
    Io(#[from] std::io::Error),
    /// Not CSV, or lines of different length.
    #[error("not CSV: {0}")]
    Csv(#[from] csv::Error),
    /// The header lacks a column.
    #[error("column {0} is missing")]
    ColumnMissing(&'static str),
    /// The header has a column that is not known, or one of them twice.
    #[error("the header has {found} columns, expected {expected}")]
    ColumnCount {
        /// Columns of the file.
        found: usize,
        /// Eight features and the outcome.
        expected: usize,
    },
    /// Not a number.
    #[error("{0:?} is not a number")]
    NotANumber(String),
    /// A value that is not possible.
    #[error("the value {0}")]
    Value(FieldProblem),
    /// Neither 0 nor 1.
    #[error("the outcome must be 0 or 1, not {0:?}")]
    Outcome(String),
    /// A header and nothing else.
    #[error("there are no rows")]
    Empty,
}

impl Dataset {
    /// Reads and checks a CSV file with the eight columns and the outcome, in any order.
    ///
    /// # Errors
    /// The first thing that is wrong, with file, line and column.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let file = path.display().to_string();
        let bytes = fs::read(path).map_err(|error| DataError {
            file: file.clone(),
            place: Place::File,
            problem: error.into(),
        })?;
        let name = path.file_name().map_or(file.clone(), |name| name.to_string_lossy().into());
        parse(&bytes, &name).map_err(|(place, problem)| DataError { file, place, problem })
    }

    /// The rows and outcomes at these positions.
    #[must_use]
    pub fn select(&self, positions: &[usize]) -> (Array2<f64>, Vec<bool>) {
        let outcomes = positions.iter().map(|i| self.outcomes[*i]).collect();
        (self.rows.select(Axis(0), positions), outcomes)
    }
}

type Fault = (Place, DataProblem);

fn parse(bytes: &[u8], file: &str) -> Result<Dataset, Fault> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let header = reader.headers().map_err(csv_fault)?;
    let (features, outcome) = columns(header).map_err(|problem| (Place::Line(1), problem))?;
    let (mut values, mut outcomes) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = record.map_err(csv_fault)?;
        for (feature, position) in FEATURES.iter().zip(features) {
            let cell = cell(&record, position, feature.column);
            let value = cell.number()?;
            let checked = feature.check(value);
            values.push(checked.map_err(|problem| cell.fault(DataProblem::Value(problem)))?);
        }
        outcomes.push(cell(&record, outcome, OUTCOME).outcome()?);
    }
    if outcomes.is_empty() {
        return Err((Place::File, DataProblem::Empty));
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

fn csv_fault(error: csv::Error) -> Fault {
    let place = error.position().map_or(Place::File, |position| Place::Line(position.line()));
    (place, error.into())
}

/// Where in a line the eight features and the outcome are.
fn columns(header: &csv::StringRecord) -> Result<([usize; FEATURE_COUNT], usize), DataProblem> {
    let find = |column: &'static str| {
        header.iter().position(|name| name == column).ok_or(DataProblem::ColumnMissing(column))
    };
    let mut features = [0; FEATURE_COUNT];
    for (slot, feature) in features.iter_mut().zip(&FEATURES) {
        *slot = find(feature.column)?;
    }
    let outcome = find(OUTCOME)?;
    let (found, expected) = (header.len(), FEATURE_COUNT + 1);
    if found != expected {
        return Err(DataProblem::ColumnCount { found, expected });
    }
    Ok((features, outcome))
}

/// One cell with its place.
struct Cell<'a> {
    text: &'a str,
    place: Place,
}

fn cell<'a>(record: &'a csv::StringRecord, position: usize, column: &'static str) -> Cell<'a> {
    let line = record.position().map_or(0, csv::Position::line);
    // The reader refuses lines of another length than the header's, so the cell is there.
    let text = record.get(position).unwrap_or_default();
    Cell { text, place: Place::Cell { line, position: position + 1, column } }
}

impl Cell<'_> {
    fn fault(&self, problem: DataProblem) -> Fault {
        (self.place, problem)
    }

    fn number(&self) -> Result<f64, Fault> {
        self.text.parse().map_err(|_| self.fault(DataProblem::NotANumber(self.text.to_owned())))
    }

    fn outcome(&self) -> Result<bool, Fault> {
        match self.text {
            "0" => Ok(false),
            "1" => Ok(true),
            other => Err(self.fault(DataProblem::Outcome(other.to_owned()))),
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
            .map_err(|(place, problem)| format!("t.csv{place}: {problem}"))
    }

    #[test]
    fn zeros_that_mean_missing_are_missing() {
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
    fn what_is_wrong_has_its_place() {
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
    fn the_header_must_be_complete_and_no_more() {
        let fault = |text: &str| parse(text.as_bytes(), "t.csv").unwrap_err().1.to_string();
        assert_eq!(fault("Pregnancies,Outcome\n1,1\n"), "column Glucose is missing");
        let more = format!("{HEADER},Extra\n6,148,72,35,0,33.6,0.627,50,1,3\n");
        assert_eq!(fault(&more), "the header has 10 columns, expected 9");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = Dataset::read(Path::new("no/such.csv")).unwrap_err().to_string();
        assert!(error.starts_with("no/such.csv: can't be read"), "{error}");
    }
}
