//! Checks of a nurse's observations and of the sequence number.

use super::{
    judge::Judge,
    no_value::{is_no_value, visible},
    raw_fields::{self, RawValue, field_name},
};
use crate::domain::{reading::Consciousness, rejection::Reason};

impl Judge {
    pub(super) fn oxygen(&mut self, raw: &RawValue<'_>) -> Option<bool> {
        let index = raw_fields::SUPPLEMENTAL_OXYGEN;
        let given = match raw {
            none if none.is_none() => return None,
            RawValue::Bool(given) => return Some(*given),
            RawValue::Int(0) => Some(false),
            RawValue::Int(1) => Some(true),
            RawValue::Float(0.0) => Some(false),
            RawValue::Float(1.0) => Some(true),
            RawValue::Text(text) => match boolean(text) {
                None if is_no_value(text) => return None,
                given => given,
            },
            _ => None,
        };
        self.converted(index, raw, given, Reason::WrongType)
    }

    pub(super) fn consciousness(&mut self, raw: &RawValue<'_>) -> Option<Consciousness> {
        let index = raw_fields::CONSCIOUSNESS;
        match raw {
            none if none.is_none() => None,
            RawValue::Text(text) => match Consciousness::from_letter(text) {
                None if is_no_value(text) => None,
                None => {
                    // A word for the level, such as "alert" for A.
                    let level = Consciousness::from_word(visible(text));
                    self.converted(index, raw, level, Reason::OutOfRange)
                }
                level => level,
            },
            _ => self.converted(index, raw, None, Reason::WrongType),
        }
    }

    pub(super) fn sequence(&mut self, raw: &RawValue<'_>) -> Option<i64> {
        let index = raw_fields::SEQUENCE;
        match raw {
            none if none.is_none() => None,
            RawValue::Int(number) => Some(*number),
            RawValue::Large(_) => self.converted(index, raw, None, Reason::OutOfRange),
            RawValue::Float(number) => {
                self.converted(index, raw, whole_float(*number), Reason::WrongType)
            }
            RawValue::Text(text) if is_no_value(text) => None,
            RawValue::Text(text) => {
                self.converted(index, raw, whole_text(visible(text)), Reason::WrongType)
            }
            _ => self.converted(index, raw, None, Reason::WrongType),
        }
    }

    /// Flags a converted value; refuses the field if there is none.
    fn converted<T>(
        &mut self,
        index: usize,
        raw: &RawValue<'_>,
        value: Option<T>,
        reason: Reason,
    ) -> Option<T> {
        match value {
            Some(_) => self.flags.converted.insert(index),
            None => self.refuse(field_name(index), reason, raw.to_text()),
        }
        value
    }
}

fn boolean(text: &str) -> Option<bool> {
    match visible(text).to_lowercase().as_str() {
        "true" | "t" | "1" | "1.0" | "yes" | "y" | "on" | "oxygen" | "o2" => Some(true),
        "false" | "f" | "0" | "0.0" | "no" | "n" | "off" | "air" | "room air" => Some(false),
        _ => None,
    }
}

/// A whole number in text, also as `17.0`: spreadsheets write a column with gaps like that.
fn whole_text(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| whole_float(text.parse().ok()?))
}

fn whole_float(number: f64) -> Option<i64> {
    if number.fract() != 0.0 || number.abs() >= 9_007_199_254_740_992.0 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
    let whole = number as i64;
    Some(whole)
}
