//! Problems of a recording, each with its place.

use std::fmt;

/// A problem in one line, and in one column of it if it is about a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// Counts from 1; in a WFDB record, the number of the sample.
    pub(super) line: u64,
    pub(super) column: Option<String>,
    pub(super) text: String,
}

impl Problem {
    /// A problem of a whole line.
    pub(super) fn of_line(line: u64, text: impl Into<String>) -> Self {
        Self { line, column: None, text: text.into() }
    }

    /// A problem of the cell in `column`.
    pub(super) fn of_cell(line: u64, column: &str, text: impl Into<String>) -> Self {
        Self { line, column: Some(column.to_owned()), text: text.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "line {}, column {column}: {}", self.line, self.text),
            None => write!(f, "line {}: {}", self.line, self.text),
        }
    }
}
