//! Marks that gateways send as text where a sensor has no value.

/// The marks, in lower case.
const MARKS: [&str; 20] = [
    "",
    "?",
    "n/a",
    "na",
    "nan",
    "nil",
    "no data",
    "no value",
    "none",
    "not available",
    "not measured",
    "null",
    "nd",
    "no signal",
    "undefined",
    "unavailable",
    "unknown",
    "missing",
    "off",
    "invalid",
];

/// The characters that displays show instead of digits.
const FILLERS: [char; 6] = ['-', '–', '—', '.', '*', '_'];

/// Returns true if `text` is a mark for "no value": a word of the list, or dashes, dots, stars or
/// underscores alone, as displays show them.
pub fn is_no_value(text: &str) -> bool {
    let text = text.trim().trim_start_matches('#').trim_end_matches('!');
    text.chars().all(|c| FILLERS.contains(&c))
        || MARKS.iter().any(|mark| text.eq_ignore_ascii_case(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_told_from_values() {
        for mark in ["", " ", "-", "---", "–", "--.-", "unavailable", "NaN", "N/A", "#N/A", "Null"]
        {
            assert!(is_no_value(mark), "{mark:?}");
        }
        for value in ["0", "-1", "72", "drowsy", "98%", "high", "A", "Infinity", "- 72"] {
            assert!(!is_no_value(value), "{value:?}");
        }
    }
}
