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

/// The marks among them that no device, ward or bed has as its name.
const NAMELESS: [&str; 8] =
    ["n/a", "nan", "null", "none", "undefined", "unavailable", "unknown", "not available"];

/// The characters that displays show instead of digits.
const FILLERS: [char; 6] = ['-', '–', '—', '.', '*', '_'];

/// Returns true if `text` is a mark for "no value": a word of the list, or dashes, dots, stars or
/// underscores alone, as displays show them.
pub fn is_no_value(text: &str) -> bool {
    !has_digit(text) && is_mark(visible(text).trim_start_matches('#').trim_end_matches('!'), &MARKS)
}

/// Returns true if `text` names nothing: a mark that can't be the name of a device, ward or bed.
pub(super) fn names_nothing(text: &str) -> bool {
    !has_digit(text) && is_mark(visible(text), &NAMELESS)
}

/// Returns true if `text` has a digit. No mark has one; nearly every id and every value does.
fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

fn is_mark(text: &str, marks: &[&str]) -> bool {
    text.chars().all(|c| FILLERS.contains(&c))
        || marks.iter().any(|mark| text.eq_ignore_ascii_case(mark))
}

/// Returns true if `text` is no patient's id but a mark for "no value". Dots alone are an id: no
/// system that lacks one is known to send them.
pub(super) fn identifies_nobody(text: &str) -> bool {
    let is_dots = !text.is_empty() && text.bytes().all(|byte| byte == b'.');
    !is_dots && is_no_value(text)
}

/// `text` without characters at its ends that no display shows, such as a zero-width space.
pub(super) fn visible(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    })
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

    #[test]
    fn no_mark_has_a_digit() {
        assert!(MARKS.iter().chain(&NAMELESS).all(|mark| is_no_value(mark) && !has_digit(mark)));
    }

    #[test]
    fn invisible_characters_are_no_value() {
        for mark in ["\u{200b}", "\u{a0}", "\u{feff} \u{2060}", "\0", "\u{200b}---\t"] {
            assert!(is_no_value(mark) && names_nothing(mark), "{mark:?}");
        }
        assert_eq!(visible("\u{feff} 7 2\u{200b}\r\n"), "7 2");
    }

    #[test]
    fn abbreviations_are_names_and_dots_identify_a_patient() {
        for (name, is_nameless, is_nobody) in [
            ("ND", false, true),
            ("off", false, true),
            ("Unknown", true, true),
            ("--", true, true),
            (".", true, false),
            ("..", true, false),
            ("", true, true),
            ("mon-1", false, false),
        ] {
            assert_eq!(names_nothing(name), is_nameless, "{name:?}");
            assert_eq!(identifies_nobody(name), is_nobody, "{name:?}");
        }
    }
}
