//! The meaning of single cells.

use std::sync::Arc;

use vitals_core::domain::{
    decode::{MAX_TEXT_BYTES, is_no_value},
    reading::Consciousness,
};

use super::mapping::Mapping;

/// The spelling of the values of a file.
#[derive(Debug)]
pub(super) struct Spelling {
    /// Marks for "no value", besides the usual ones.
    missing: Vec<String>,
    /// True if a comma is a decimal mark.
    has_comma: bool,
    /// True if a point is a decimal mark.
    has_point: bool,
}

type Outcome<T> = Result<Option<T>, String>;

impl Spelling {
    /// The spelling of a file with this `mapping` and `delimiter`.
    pub(super) fn new(mapping: &Mapping, delimiter: char) -> Self {
        Self {
            missing: mapping.missing.clone(),
            // A comma between commas is none.
            has_comma: mapping.decimal.map_or(delimiter != ',', |mark| mark == ','),
            has_point: mapping.decimal != Some(','),
        }
    }

    /// Returns true if the cell is empty or a mark for "no value".
    pub(super) fn is_missing(&self, cell: &str) -> bool {
        is_no_value(cell) || self.missing.iter().any(|mark| mark == cell)
    }

    /// A number; `None` for a mark.
    pub(super) fn number(&self, cell: &str) -> Outcome<f64> {
        if self.is_missing(cell) {
            return Ok(None);
        }
        match self.parse(cell) {
            Some(number) => Ok(Some(number)),
            None if cell.contains(',') && !self.has_comma => Err(format!(
                "{cell:?} is not a number; if the comma is a decimal mark, give decimal = \",\" in \
                 a mapping"
            )),
            None => Err(format!("{cell:?} is not a number")),
        }
    }

    /// The number that `cell` spells.
    pub(super) fn parse(&self, cell: &str) -> Option<f64> {
        let is_ambiguous = cell.contains(',') && cell.contains('.');
        let has_wrong_mark = cell.contains('.') && !self.has_point;
        // `f64` also parses words such as "inf".
        let has_word = cell.chars().any(|c| c.is_alphabetic() && !matches!(c, 'e' | 'E'));
        if is_ambiguous || has_wrong_mark || has_word {
            return None;
        }
        let number: Result<f64, _> =
            if self.has_comma { cell.replacen(',', ".", 1).parse() } else { cell.parse() };
        number.ok().filter(|number| number.is_finite())
    }

    /// A text; `None` for an empty cell.
    pub(super) fn text(cell: &str) -> Outcome<Arc<str>> {
        if cell.len() > MAX_TEXT_BYTES {
            return Err(format!("is longer than {MAX_TEXT_BYTES} bytes"));
        }
        Ok(if cell.is_empty() { None } else { Some(cell.into()) })
    }

    /// True or false; `None` for a mark.
    pub(super) fn boolean(&self, cell: &str) -> Outcome<bool> {
        match cell.to_lowercase().as_str() {
            "true" | "t" | "1" | "yes" | "y" => Ok(Some(true)),
            "false" | "f" | "0" | "no" | "n" => Ok(Some(false)),
            _ if self.is_missing(cell) => Ok(None),
            _ => Err(format!("{cell:?} is neither true nor false")),
        }
    }

    /// A level of consciousness; `None` for a mark.
    pub(super) fn consciousness(&self, cell: &str) -> Outcome<Consciousness> {
        match Consciousness::from_word(cell) {
            Some(level) => Ok(Some(level)),
            None if self.is_missing(cell) => Ok(None),
            None => Err(format!("{cell:?} is not one of A, C, V, P, U")),
        }
    }

    /// A sequence number; `None` for a mark.
    pub(super) fn sequence(&self, cell: &str) -> Outcome<i64> {
        match cell.parse() {
            Ok(sequence) => Ok(Some(sequence)),
            Err(_) if self.is_missing(cell) => Ok(None),
            Err(_) => Err(format!("{cell:?} is not a whole number")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spelling(decimal: Option<char>, delimiter: char) -> Spelling {
        let mapping = Mapping { decimal, missing: vec!["-999".to_owned()], ..Mapping::default() };
        Spelling::new(&mapping, delimiter)
    }

    #[test]
    fn numbers_and_marks_are_told_apart() {
        let semicolons = spelling(None, ';');
        assert_eq!(semicolons.number("36,8"), Ok(Some(36.8)));
        assert_eq!(semicolons.number("36.8"), Ok(Some(36.8)));
        assert_eq!(
            spelling(Some(','), ';').number("1.200"),
            Err("\"1.200\" is not a number".to_owned())
        );
        for mark in ["", "-", "NA", "NaN", "--", "#N/A", "-999", "unavailable"] {
            assert_eq!(semicolons.number(mark), Ok(None), "{mark:?}");
        }
        for text in ["fast", "inf", "1.234,5", "1,2,3", "7 2", "72 bpm", "0x1F"] {
            assert!(semicolons.number(text).is_err(), "{text:?}");
        }
        assert!(spelling(None, ',').number("36,8").is_err());
    }

    proptest! {
        #[test]
        fn no_cell_panics(cell in "\\PC{0,12}") {
            let spelling = spelling(None, ';');
            let _ = spelling.number(&cell);
            let _ = spelling.boolean(&cell);
            let _ = spelling.consciousness(&cell);
            let _ = spelling.sequence(&cell);
            let _ = Spelling::text(&cell);
        }
    }
}
