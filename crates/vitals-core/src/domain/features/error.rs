//! Errors of a request's features, worded for the sender.

use std::fmt;

use thiserror::Error;

use super::catalog::Feature;

/// The error of a request body.
#[derive(Debug, Error)]
pub enum FeaturesError {
    /// Malformed JSON; the error has the line and column.
    #[error("not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// All invalid fields.
    #[error("{}", join(.0))]
    Invalid(Vec<FieldError>),
}

/// An invalid field.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{}{field} {problem}", Row(.row))]
pub struct FieldError {
    /// The row of an array, from 0; `None` if the body is one object.
    pub row: Option<usize>,
    /// The name as sent, truncated; `body` if the body is not an object.
    pub field: String,
    /// The error. Its text continues a sentence that starts with the field's name.
    pub problem: FieldProblem,
}

impl FieldError {
    /// Maximum length of a field name in the response, in characters.
    const MAX_NAME: usize = 64;

    pub(super) fn new(field: &str, problem: FieldProblem) -> Self {
        Self { row: None, field: field.chars().take(Self::MAX_NAME).collect(), problem }
    }
}

/// The error of a field.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum FieldProblem {
    /// A required field is missing.
    #[error("is required")]
    Missing,
    /// There is no such feature.
    #[error("is not a feature of this model")]
    Unknown,
    /// The field is repeated, so its value is ambiguous.
    #[error("is given more than once")]
    Repeated,
    /// The value is of another type, given here.
    #[error("must be a number, not {0}")]
    NotANumber(&'static str),
    /// The value is infinite or NaN.
    #[error("must be a finite number")]
    NotFinite,
    /// The value has a fraction although it must be whole.
    #[error("must be a whole number, not {value}")]
    NotWhole {
        /// The value as sent.
        value: f64,
    },
    /// The value is out of range.
    #[error("{}", out_of_range(.feature, *.value))]
    OutOfRange {
        /// The feature, which has the range.
        feature: &'static Feature,
        /// The value as sent, in the feature's unit.
        value: f64,
    },
    /// The body is of another type, given here.
    #[error("must be an object with the eight features by name, not {0}")]
    NotAnObject(&'static str),
    /// The array is empty.
    #[error("must have at least one row")]
    NoRow,
}

fn out_of_range(feature: &Feature, value: f64) -> String {
    let Feature { min, max, unit, .. } = feature;
    let gap = if unit.is_empty() { "" } else { " " };
    let zero = if feature.zero_means_missing { ", or 0 when not measured" } else { "" };
    format!("must be from {min} to {max}{gap}{unit}{zero}, not {}", Short(value))
}

/// The prefix that names the row, if there is one.
struct Row<'a>(&'a Option<usize>);

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |row| write!(f, "row {row}: "))
    }
}

/// A number, in scientific notation if its decimals would be long.
struct Short(f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.abs();
        if size == 0.0 || (1e-6..1e12).contains(&size) {
            write!(f, "{}", self.0)
        } else {
            write!(f, "{:e}", self.0)
        }
    }
}

fn join(errors: &[FieldError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
