//! Checks of the text fields: patient, device, ward, bed.

use std::{borrow::Cow, ops::Deref};

use super::{
    exact::ExactFields,
    judge::Judge,
    no_value::{identifies_nobody, names_nothing},
    raw_fields::{self, RawFields, RawValue, field_name},
};
use crate::domain::rejection::{Reason, Rejection};

/// Maximum length of `patient_id`, `device_id`, `ward` and `bed`, in bytes.
pub const MAX_TEXT_BYTES: usize = 256;

/// The patient's id. A message without it is not a reading.
pub(super) fn patient_id<'a>(
    fields: &mut RawFields<'a>,
    exact: &impl Deref<Target = ExactFields>,
    judge: &mut Judge,
) -> Result<Cow<'a, str>, Rejection> {
    let text = match std::mem::take(&mut fields.values[raw_fields::PATIENT_ID]) {
        RawValue::Text(text) => text,
        RawValue::Damaged(_) => {
            let detail = "patient_id: not UTF-8, or no valid JSON string";
            return Err(Rejection::new(Reason::NotJson, detail));
        }
        none if none.is_none() => Cow::Borrowed(""),
        // A gateway may send the key of its database.
        other => match whole_number(&other, "patient_id", exact) {
            Some(text) => {
                judge.flags.converted.insert(raw_fields::PATIENT_ID);
                text.into()
            }
            None => {
                let detail = format!("patient_id: expected a string, found {}", other.kind());
                return Err(Rejection::new(Reason::WrongType, detail));
            }
        },
    };
    // Readings under such a mark would merge several patients into one.
    if identifies_nobody(&text) {
        return Err(Rejection::new(Reason::MissingField, "patient_id: missing or empty"));
    }
    // Shortened, it could be the id of another patient.
    if text.len() > MAX_TEXT_BYTES {
        let length = text.len();
        let detail = format!("patient_id: {length} bytes, the maximum is {MAX_TEXT_BYTES}");
        return Err(Rejection::new(Reason::OutOfRange, detail));
    }
    Ok(text)
}

/// The text of field `index`; `None` if it is absent or refused.
pub(super) fn optional_text<'a>(
    fields: &mut RawFields<'a>,
    index: usize,
    exact: &impl Deref<Target = ExactFields>,
    judge: &mut Judge,
) -> Option<Cow<'a, str>> {
    match std::mem::take(&mut fields.values[index]) {
        // Patients whose devices or beds share such a mark are not in conflict.
        RawValue::Text(text) if names_nothing(&text) => None,
        RawValue::Text(text) if text.len() <= MAX_TEXT_BYTES => Some(text),
        RawValue::Text(text) => {
            judge.refuse(field_name(index), Reason::OutOfRange, text);
            None
        }
        none if none.is_none() => None,
        other => {
            // A number is a plausible name of a device, ward or bed.
            let number = whole_number(&other, field_name(index), exact);
            match number {
                Some(_) => judge.flags.converted.insert(index),
                None => judge.refuse(field_name(index), Reason::WrongType, other.to_text()),
            }
            number.map(Cow::Owned)
        }
    }
}

/// A whole number as an id, with all of its digits. A number with another fraction than zeros, or
/// with an exponent, is none: its text is not what the device meant. A negative one is a sentinel.
fn whole_number(
    value: &RawValue<'_>,
    name: &str,
    exact: &impl Deref<Target = ExactFields>,
) -> Option<String> {
    match value {
        RawValue::Int(number) if *number >= 0 => Some(number.to_string()),
        RawValue::Large(number) => Some(number.to_string()),
        // `1.0`, or more digits than a whole number of 64 bits has.
        RawValue::Float(_) => exact.whole_number(name),
        _ => None,
    }
}
