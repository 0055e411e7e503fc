//! The body of a request: one object with features, or an array of them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

use super::{Features, FeaturesError, FieldError, FieldProblem, fast_path, parse::FeaturesJson};

/// Maximum number of reported errors of an array.
const MAX_ERRORS: usize = 32;

/// The rows of a request, each with the features of one person.
#[derive(Debug, Clone)]
pub enum FeatureRows {
    /// The body is an object.
    One(Features),
    /// The body is an array with at least one row.
    Many(Vec<Features>),
}

impl FeatureRows {
    /// Parses a JSON object with the eight features by name, or an array of such objects.
    ///
    /// # Errors
    /// The position at which the JSON is malformed; or all invalid fields, with their rows. At most
    /// 32 errors of an array are reported.
    pub fn from_json(json: &[u8]) -> Result<Self, FeaturesError> {
        // The first byte decides the format.
        if json.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'[') {
            return Features::from_json(json).map(Self::One);
        }
        // Parsing is a large part of the work on an array, and a small one on a single row.
        if let Some(rows) = fast_path::rows(json) {
            return Ok(Self::Many(rows));
        }
        let rows: RowsJson = serde_json::from_slice(json)?;
        if rows.errors.is_empty() {
            Ok(Self::Many(rows.rows))
        } else {
            Err(FeaturesError::Invalid(rows.errors))
        }
    }
}

/// The valid rows, and the errors of the others.
#[derive(Default)]
struct RowsJson {
    rows: Vec<Features>,
    errors: Vec<FieldError>,
}

impl<'de> Deserialize<'de> for RowsJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(RowsVisitor)
    }
}

struct RowsVisitor;

impl<'de> Visitor<'de> for RowsVisitor {
    type Value = RowsJson;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects with the eight features")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<RowsJson, A::Error> {
        let mut read = RowsJson::default();
        let mut count = 0;
        while let Some(FeaturesJson(row)) = seq.next_element()? {
            match row {
                Ok(features) if read.errors.is_empty() => read.rows.push(features),
                Ok(_) => {}
                Err(errors) => {
                    // Later rows are parsed too: malformed JSON outranks invalid fields.
                    let room = MAX_ERRORS.saturating_sub(read.errors.len());
                    for error in errors.into_iter().take(room) {
                        read.errors.push(FieldError { row: Some(count), ..error });
                    }
                }
            }
            count += 1;
        }
        if count == 0 {
            read.errors.push(FieldError::new("body", FieldProblem::NoRow));
        }
        Ok(read)
    }
}
