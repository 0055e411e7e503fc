//! What can be wrong with a person's features, in words for whoever sent them.

use std::fmt;

use thiserror::Error;

use super::catalog::Feature;

/// Why JSON is not a person's features.
#[derive(Debug, Error)]
pub enum FeaturesError {
    /// The bytes are not JSON; serde_json says what, on which line and column.
    #[error("not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// The fields that are wrong, all of them.
    #[error("{}", join(.0))]
    Invalid(Vec<FieldError>),
}

/// One field that is wrong, and how.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{}{field} {problem}", Row(.row))]
pub struct FieldError {
    /// Which row of an array, from 0; `None` when one person was sent.
    pub row: Option<usize>,
    /// Name of the field as it was sent, shortened; `body` when the whole is no object.
    pub field: String,
    /// What is wrong with it; its text follows the field's name in a sentence.
    pub problem: FieldProblem,
}

impl FieldError {
    /// Longest field name that is repeated to the sender, in characters.
    const MAX_NAME: usize = 64;

    pub(super) fn new(field: &str, problem: FieldProblem) -> Self {
        Self { row: None, field: field.chars().take(Self::MAX_NAME).collect(), problem }
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum FieldProblem {
    /// The field is not there.
    #[error("is required")]
    Missing,
    /// No such feature.
    #[error("is not a feature of this model")]
    Unknown,
    /// The same field twice: which one is meant is not ours to guess.
    #[error("is given more than once")]
    Repeated,
    /// Not a number; holds what came instead.
    #[error("must be a number, not {0}")]
    NotANumber(&'static str),
    /// Infinite or NaN.
    #[error("must be a finite number")]
    NotFinite,
    /// A fraction where only whole numbers make sense.
    #[error("must be a whole number, not {value}")]
    NotWhole {
        /// What was sent.
        value: f64,
    },
    /// Outside what is accepted.
    #[error("{}", out_of_range(.feature, *.value))]
    OutOfRange {
        /// The feature with its range.
        feature: &'static Feature,
        /// What was sent, in the feature's unit.
        value: f64,
    },
    /// The whole is not an object; holds what came instead.
    #[error("must be an object with the eight features by name, not {0}")]
    NotAnObject(&'static str),
    /// An array without a row.
    #[error("must have at least one row")]
    NoRow,
}

fn out_of_range(feature: &Feature, value: f64) -> String {
    let Feature { min, max, unit, .. } = feature;
    let gap = if unit.is_empty() { "" } else { " " };
    let zero = if feature.zero_means_missing { ", or 0 when not measured" } else { "" };
    format!("must be from {min} to {max}{gap}{unit}{zero}, not {}", Short(value))
}

/// Which row, in front of the field's name.
struct Row<'a>(&'a Option<usize>);

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |row| write!(f, "row {row}: "))
    }
}

/// A number without three hundred digits.
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
