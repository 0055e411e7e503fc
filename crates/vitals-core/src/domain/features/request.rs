//! A request's body: one person, or an array of them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

use super::{Features, FeaturesError, FieldError, FieldProblem, fast_path, parse::FeaturesJson};

/// Most wrong fields of an array that are named.
const MAX_ERRORS: usize = 32;

/// Whose values a body has.
#[derive(Debug, Clone)]
pub enum People {
    /// An object: one person.
    One(Features),
    /// An array: any number of them, at least one.
    Many(Vec<Features>),
}

impl People {
    /// Parses a JSON object with the eight features by name, or an array of such objects.
    ///
    /// # Errors
    /// Not JSON, with the place; or what is wrong with every field, and in an array with its row.
    /// Of an array the first 32 are named.
    pub fn from_json(json: &[u8]) -> Result<Self, FeaturesError> {
        if json.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'[') {
            return match fast_path::one(json) {
                Some(features) => Ok(Self::One(features)),
                None => Features::from_json(json).map(Self::One),
            };
        }
        if let Some(rows) = fast_path::many(json) {
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

/// The rows that are right, and all that is wrong with the others.
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
                    let room = MAX_ERRORS.saturating_sub(read.errors.len());
                    let in_row = |error| FieldError { row: Some(count), ..error };
                    read.errors.extend(errors.into_iter().take(room).map(in_row));
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
