//! Type and range checks of a message's raw fields.

use std::borrow::Cow;

use super::raw_fields::{self, RawFields, RawValue, field_name};
use crate::domain::{
    flags::Flags,
    reading::{Consciousness, Vitals},
    rejection::{Reason, Rejection},
    vital::{VITALS, Vital},
};

/// Maximum length of `patient_id`, `device_id`, `ward` and `bed`, in bytes.
pub const MAX_TEXT_BYTES: usize = 256;

/// Numbers that devices send for "no value".
const SENTINELS: [f64; 3] = [-999.0, -99.9, -100.0];

// As milliseconds this is in 1973, as seconds in 5138: no reading is on the wrong side.
/// Whole numbers below this are seconds since the epoch, others milliseconds.
const SECONDS_BELOW: i64 = 100_000_000_000;

fn wrong_type(index: usize, expected: &str, found: &RawValue<'_>) -> Rejection {
    let detail = format!("{}: expected {expected}, found {}", field_name(index), found.kind());
    Rejection::new(Reason::WrongType, detail)
}

pub(super) fn check_text<'a>(
    fields: &mut RawFields<'a>,
    index: usize,
) -> Result<Option<Cow<'a, str>>, Rejection> {
    match std::mem::take(&mut fields.values[index]) {
        RawValue::Absent | RawValue::Null => Ok(None),
        RawValue::Text(text) if text.len() > MAX_TEXT_BYTES => {
            let name = field_name(index);
            let detail = format!("{name}: {} bytes, the maximum is {MAX_TEXT_BYTES}", text.len());
            Err(Rejection::new(Reason::OutOfRange, detail))
        }
        RawValue::Text(text) => Ok(Some(text)),
        other => Err(wrong_type(index, "a string", &other)),
    }
}

pub(super) fn required_text<'a>(
    fields: &mut RawFields<'a>,
    index: usize,
) -> Result<Cow<'a, str>, Rejection> {
    match check_text(fields, index)? {
        Some(text) if !text.trim().is_empty() => Ok(text),
        _ => {
            let detail = format!("{}: missing or empty", field_name(index));
            Err(Rejection::new(Reason::MissingField, detail))
        }
    }
}

/// The timestamp in milliseconds since the epoch, from any accepted format.
pub(super) fn check_time(value: &RawValue<'_>) -> Result<i64, Rejection> {
    match value {
        RawValue::Absent | RawValue::Null => {
            Err(Rejection::new(Reason::MissingField, "timestamp: missing"))
        }
        RawValue::Int(number) if *number <= 0 => invalid_time(&format!("{number} is before 1970")),
        RawValue::Int(number) if *number < SECONDS_BELOW => Ok(number * 1000),
        RawValue::Int(number) => Ok(*number),
        RawValue::Float(number) => match float_time(*number) {
            Some(time_ms) => Ok(time_ms),
            None => invalid_time(&format!("{number} is not a time since the epoch")),
        },
        RawValue::Text(text) => match text.parse::<jiff::Timestamp>() {
            Ok(time) if time.as_millisecond() > 0 => Ok(time.as_millisecond()),
            Ok(_) => invalid_time("before 1970"),
            Err(error) => invalid_time(&error.to_string()),
        },
        other => Err(wrong_type(raw_fields::TIMESTAMP, "a number or an RFC 3339 string", other)),
    }
}

fn invalid_time(problem: &str) -> Result<i64, Rejection> {
    Err(Rejection::new(Reason::InvalidTimestamp, format!("timestamp: {problem}")))
}

/// A time with a fraction, from a clock that counts seconds, as Python's `time.time()` does.
fn float_time(number: f64) -> Option<i64> {
    #[expect(clippy::cast_precision_loss, reason = "1e11 is exact")]
    let ms = if number < SECONDS_BELOW as f64 { number * 1000.0 } else { number };
    if !(1.0..1e15).contains(&ms) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    let rounded = ms.round() as i64;
    Some(rounded)
}

pub(super) fn check_vitals(fields: &RawFields<'_>) -> Result<(Vitals, Flags), Rejection> {
    let mut vitals = Vitals::default();
    let mut flags = Flags::default();
    let mut sent = 0;
    // A vital that is null counts as not sent; one that means "not measured" counts as sent.
    for vital in VITALS {
        let index = vital as usize;
        let value = match &fields.values[index] {
            none if none.is_none() => continue,
            #[expect(clippy::cast_precision_loss, reason = "a vital is far below 2^53")]
            RawValue::Int(number) => *number as f64,
            RawValue::Float(number) => *number,
            other => return Err(wrong_type(index, "a number", other)),
        };
        sent += 1;
        vitals.set(vital, check_vital(vital, value, &mut flags)?);
    }
    if sent == 0 {
        return Err(Rejection::new(Reason::NoVital, "the message has no vital"));
    }
    check_pressures(&vitals)?;
    Ok((vitals, flags))
}

/// The accepted value of `vital`; `None` means "not measured".
fn check_vital(vital: Vital, value: f64, flags: &mut Flags) -> Result<Option<f64>, Rejection> {
    let name = vital.name();
    // Sentinels before limits, which would report them as out of range.
    if value < 0.0 && SENTINELS.contains(&value) {
        let detail = format!("{name}: {value} is a sentinel for \"no value\"");
        return Err(Rejection::new(Reason::Sentinel, detail));
    }
    if value == 0.0 && vital.zero_is_missing() {
        flags.not_measured.insert(vital);
        return Ok(None);
    }
    let limits = vital.plausibility();
    // Negated, so that NaN is out of range.
    if !(value >= limits.reject_below && value <= limits.reject_above) {
        let low = limits.reject_below;
        let high = limits.reject_above;
        let detail = format!("{name}: {value} is outside {low} to {high} {}", vital.unit());
        return Err(Rejection::new(Reason::OutOfRange, detail));
    }
    // Implausible values are kept and flagged.
    if value < limits.flag_below {
        flags.low.insert(vital);
    } else if value > limits.flag_above {
        flags.high.insert(vital);
    }
    Ok(Some(value))
}

fn check_pressures(vitals: &Vitals) -> Result<(), Rejection> {
    match (vitals.get(Vital::Systolic), vitals.get(Vital::Diastolic)) {
        (Some(systolic), Some(diastolic)) if diastolic >= systolic => {
            let detail = format!("diastolic: {diastolic} is not below systolic {systolic}");
            Err(Rejection::new(Reason::PressureInverted, detail))
        }
        _ => Ok(()),
    }
}

pub(super) fn check_oxygen(fields: &RawFields<'_>) -> Result<Option<bool>, Rejection> {
    match &fields.values[raw_fields::SUPPLEMENTAL_OXYGEN] {
        none if none.is_none() => Ok(None),
        RawValue::Bool(value) => Ok(Some(*value)),
        other => Err(wrong_type(raw_fields::SUPPLEMENTAL_OXYGEN, "a boolean", other)),
    }
}

pub(super) fn check_consciousness(
    fields: &RawFields<'_>,
) -> Result<Option<Consciousness>, Rejection> {
    match &fields.values[raw_fields::CONSCIOUSNESS] {
        none if none.is_none() => Ok(None),
        RawValue::Text(letter) => match Consciousness::from_letter(letter) {
            Some(level) => Ok(Some(level)),
            None => {
                let detail = "consciousness: not one of A, C, V, P, U";
                Err(Rejection::new(Reason::OutOfRange, detail))
            }
        },
        other => Err(wrong_type(raw_fields::CONSCIOUSNESS, "a string", other)),
    }
}

pub(super) fn check_sequence(fields: &RawFields<'_>) -> Result<Option<i64>, Rejection> {
    match &fields.values[raw_fields::SEQUENCE] {
        none if none.is_none() => Ok(None),
        RawValue::Int(value) => Ok(Some(*value)),
        other => Err(wrong_type(raw_fields::SEQUENCE, "an integer below 2^63", other)),
    }
}
