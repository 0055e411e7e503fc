//! A message's bytes to a valid reading, or the reason why not.
//!
//! Nothing is clamped, imputed or repaired. The verdict depends on the message and on the time
//! that Kafka gave it, never on the clock, so that reading a message again gives the same
//! verdict.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{
    fast_scan::scan,
    field_lookup::FieldOrder,
    raw_fields::{self, Fields, Scalar, Wire, field_name},
};
use crate::domain::{
    flags::Flags,
    reading::{Consciousness, Reading, Vitals},
    rejection::{Reason, Rejection},
    vital::{VITALS, Vital},
};

/// Larger messages are rejected unread: a reading has some hundred bytes.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// Longest accepted `patient_id`, `device_id`, `ward` or `bed`, in bytes.
pub const MAX_TEXT_BYTES: usize = 256;

/// Numbers that devices send for "no value".
const SENTINELS: [f64; 3] = [-999.0, -99.9, -100.0];

/// Whole numbers below this are seconds since the epoch, others milliseconds.
const SECONDS_BELOW: i64 = 100_000_000_000;

/// When a reading's time is doubted, relative to the time Kafka gave its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeLimits {
    /// Rejected when it claims to be this far ahead, ms.
    pub max_future_ms: i64,
    /// Flagged as late when it is this far behind, ms.
    pub late_after_ms: i64,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self { max_future_ms: 300_000, late_after_ms: 3_600_000 }
    }
}

/// A valid reading with the doubts about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded<'a> {
    /// The reading.
    pub reading: Reading<'a>,
    /// What is implausible, late or not measured.
    pub flags: Flags,
    /// How many fields were not known, and ignored.
    pub unknown_fields: u32,
}

/// Decodes `payload`, the value of a message to which Kafka gave the time `received_ms` (ms
/// since the epoch).
///
/// # Errors
/// The [`Rejection`] names the field and what is wrong with it.
pub fn decode(
    payload: &[u8],
    received_ms: i64,
    limits: TimeLimits,
) -> Result<Decoded<'_>, Rejection> {
    decode_next(&mut FieldOrder::default(), payload, received_ms, limits)
}

/// The same for one of many messages: faster where the fields are in `order`, that of the message
/// before. The result doesn't depend on it.
///
/// # Errors
/// Those of [`decode`].
pub fn decode_next<'a>(
    order: &mut FieldOrder,
    payload: &'a [u8],
    received_ms: i64,
    limits: TimeLimits,
) -> Result<Decoded<'a>, Rejection> {
    let mut fields = Fields::default();
    if payload.len() > MAX_MESSAGE_BYTES || scan(payload, order, &mut fields).is_none() {
        fields = parse(payload)?;
    }
    let patient_id = required_text(&mut fields, raw_fields::PATIENT_ID)?;
    let time_ms = time(&fields.values[raw_fields::TIMESTAMP])?;
    if time_ms - received_ms > limits.max_future_ms {
        let ahead_s = (time_ms - received_ms) / 1000;
        let detail = format!("timestamp: {ahead_s} s after Kafka received it");
        return Err(Rejection::new(Reason::FutureTimestamp, detail));
    }
    let (vitals, mut flags) = vitals(&fields)?;
    flags.late = received_ms - time_ms > limits.late_after_ms;
    let reading = Reading {
        patient_id,
        time_ms,
        vitals,
        supplemental_oxygen: oxygen(&fields)?,
        consciousness: consciousness(&fields)?,
        device_id: text(&mut fields, raw_fields::DEVICE_ID)?,
        sequence: sequence(&fields)?,
        ward: text(&mut fields, raw_fields::WARD)?,
        bed: text(&mut fields, raw_fields::BED)?,
    };
    Ok(Decoded { reading, flags, unknown_fields: fields.unknown })
}

fn parse(payload: &[u8]) -> Result<Fields<'_>, Rejection> {
    if payload.is_empty() {
        return Err(Rejection::new(Reason::Empty, "the message has no value"));
    }
    if payload.len() > MAX_MESSAGE_BYTES {
        let detail = format!("{} bytes, at most {MAX_MESSAGE_BYTES} are read", payload.len());
        return Err(Rejection::new(Reason::TooLarge, detail));
    }
    match read_json(payload) {
        Err(error) => Err(Rejection::new(Reason::NotJson, error)),
        Ok(Wire::Other(kind)) => {
            Err(Rejection::new(Reason::NotAnObject, format!("the message is {kind}")))
        }
        Ok(Wire::Object(Fields { duplicate: Some(index), .. })) => {
            let detail = format!("{}: there twice", field_name(index));
            Err(Rejection::new(Reason::DuplicateField, detail))
        }
        Ok(Wire::Object(fields)) => Ok(fields),
    }
}

/// sonic-rs is the faster parser but recurses without a limit: a message of brackets would end
/// the process. A message that could nest deeply goes to serde_json, which stops at 128.
fn read_json(payload: &[u8]) -> Result<Wire<'_>, String> {
    let opened = payload.iter().filter(|byte| matches!(byte, b'[' | b'{')).count();
    if opened > 100 {
        serde_json::from_slice(payload).map_err(|error| error.to_string())
    } else {
        // Its message goes on with an excerpt of the input, which belongs in no log.
        sonic_rs::from_slice(payload)
            .map_err(|error| error.to_string().lines().next().unwrap_or_default().to_owned())
    }
}

fn wrong_type(index: usize, expected: &str, found: &Scalar<'_>) -> Rejection {
    let detail = format!("{}: {} where {expected} belongs", field_name(index), found.kind());
    Rejection::new(Reason::WrongType, detail)
}

fn text<'a>(fields: &mut Fields<'a>, index: usize) -> Result<Option<Cow<'a, str>>, Rejection> {
    match std::mem::take(&mut fields.values[index]) {
        Scalar::Absent | Scalar::Null => Ok(None),
        Scalar::Text(text) if text.len() > MAX_TEXT_BYTES => {
            let name = field_name(index);
            let detail = format!("{name}: {} bytes, at most {MAX_TEXT_BYTES}", text.len());
            Err(Rejection::new(Reason::OutOfRange, detail))
        }
        Scalar::Text(text) => Ok(Some(text)),
        other => Err(wrong_type(index, "a string", &other)),
    }
}

fn required_text<'a>(fields: &mut Fields<'a>, index: usize) -> Result<Cow<'a, str>, Rejection> {
    text(fields, index)?.filter(|text| !text.trim().is_empty()).ok_or_else(|| {
        Rejection::new(Reason::MissingField, format!("{}: missing or empty", field_name(index)))
    })
}

/// Milliseconds since the epoch from any accepted form.
fn time(value: &Scalar<'_>) -> Result<i64, Rejection> {
    let invalid = |detail: String| {
        Err(Rejection::new(Reason::InvalidTimestamp, format!("timestamp: {detail}")))
    };
    match value {
        Scalar::Absent | Scalar::Null => {
            Err(Rejection::new(Reason::MissingField, "timestamp: missing"))
        }
        Scalar::Int(number) if *number <= 0 => invalid(format!("{number} is not after 1970")),
        Scalar::Int(number) if *number < SECONDS_BELOW => Ok(number * 1000),
        Scalar::Int(number) => Ok(*number),
        Scalar::Float(number) => float_time(*number)
            .map_or_else(|| invalid(format!("{number} is no time since the epoch")), Ok),
        Scalar::Text(text) => match text.parse::<jiff::Timestamp>() {
            Ok(time) if time.as_millisecond() > 0 => Ok(time.as_millisecond()),
            Ok(_) => invalid("not after 1970".to_owned()),
            Err(error) => invalid(error.to_string()),
        },
        other => Err(wrong_type(raw_fields::TIMESTAMP, "a number or an RFC 3339 string", other)),
    }
}

/// A fraction comes from clocks that count seconds, as Python's `time.time()` does.
fn float_time(number: f64) -> Option<i64> {
    #[expect(clippy::cast_precision_loss, reason = "1e11 is exact")]
    let ms = if number < SECONDS_BELOW as f64 { number * 1000.0 } else { number };
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    (1.0..1e15).contains(&ms).then_some(ms.round() as i64)
}

fn vitals(fields: &Fields<'_>) -> Result<(Vitals, Flags), Rejection> {
    let mut vitals = Vitals::default();
    let mut flags = Flags::default();
    let mut sent = 0;
    for vital in VITALS {
        let index = vital as usize;
        let value = match &fields.values[index] {
            none if none.is_none() => continue,
            #[expect(clippy::cast_precision_loss, reason = "a vital is far below 2^53")]
            Scalar::Int(number) => *number as f64,
            Scalar::Float(number) => *number,
            other => return Err(wrong_type(index, "a number", other)),
        };
        sent += 1;
        vitals.set(vital, judge(vital, value, &mut flags)?);
    }
    if sent == 0 {
        return Err(Rejection::new(Reason::NoVital, "no vital in the message"));
    }
    if let (Some(systolic), Some(diastolic)) =
        (vitals.get(Vital::Systolic), vitals.get(Vital::Diastolic))
        && diastolic >= systolic
    {
        let detail = format!("diastolic: {diastolic} is not below systolic {systolic}");
        return Err(Rejection::new(Reason::PressureInverted, detail));
    }
    Ok((vitals, flags))
}

/// The value that is kept of `vital`; `None` is "not measured".
fn judge(vital: Vital, value: f64, flags: &mut Flags) -> Result<Option<f64>, Rejection> {
    let name = vital.name();
    if value < 0.0 && SENTINELS.contains(&value) {
        let detail = format!("{name}: {value} stands for no value");
        return Err(Rejection::new(Reason::Sentinel, detail));
    }
    if value == 0.0 && vital.zero_is_missing() {
        flags.not_measured.insert(vital);
        return Ok(None);
    }
    let limits = vital.plausibility();
    // Written so that NaN is out of range.
    if !(value >= limits.reject_below && value <= limits.reject_above) {
        let (low, high, unit) = (limits.reject_below, limits.reject_above, vital.unit());
        let detail = format!("{name}: {value} is outside {low} to {high} {unit}");
        return Err(Rejection::new(Reason::OutOfRange, detail));
    }
    if value < limits.flag_below {
        flags.low.insert(vital);
    } else if value > limits.flag_above {
        flags.high.insert(vital);
    }
    Ok(Some(value))
}

fn oxygen(fields: &Fields<'_>) -> Result<Option<bool>, Rejection> {
    match &fields.values[raw_fields::SUPPLEMENTAL_OXYGEN] {
        none if none.is_none() => Ok(None),
        Scalar::Bool(value) => Ok(Some(*value)),
        other => Err(wrong_type(raw_fields::SUPPLEMENTAL_OXYGEN, "a boolean", other)),
    }
}

fn consciousness(fields: &Fields<'_>) -> Result<Option<Consciousness>, Rejection> {
    match &fields.values[raw_fields::CONSCIOUSNESS] {
        none if none.is_none() => Ok(None),
        Scalar::Text(letter) => Consciousness::from_letter(letter).map(Some).ok_or_else(|| {
            Rejection::new(Reason::OutOfRange, "consciousness: not one of A, C, V, P, U")
        }),
        other => Err(wrong_type(raw_fields::CONSCIOUSNESS, "a string", other)),
    }
}

fn sequence(fields: &Fields<'_>) -> Result<Option<i64>, Rejection> {
    match &fields.values[raw_fields::SEQUENCE] {
        none if none.is_none() => Ok(None),
        Scalar::Int(value) => Ok(Some(*value)),
        other => Err(wrong_type(raw_fields::SEQUENCE, "a whole number below 2^63", other)),
    }
}
