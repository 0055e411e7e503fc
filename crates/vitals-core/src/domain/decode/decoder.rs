//! Decodes a message and checks its timestamp against the broker's.

use serde::{Deserialize, Serialize};

use super::{
    checks::{
        check_consciousness, check_oxygen, check_sequence, check_text, check_time, check_vitals,
        required_text,
    },
    fast_scan::scan,
    raw_fields::{self, RawFields, RawMessage, field_name},
};
use crate::domain::{
    flags::Flags,
    reading::Reading,
    rejection::{Reason, Rejection},
};

/// Maximum size of a message. A reading has some hundred bytes; larger messages are rejected
/// without parsing them.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// Limits of a reading's timestamp, relative to the broker timestamp of its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeLimits {
    /// A reading further ahead is rejected, ms.
    pub max_future_ms: i64,
    /// A reading further behind is flagged as late, ms.
    pub late_after_ms: i64,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self { max_future_ms: 300_000, late_after_ms: 3_600_000 }
    }
}

/// A valid reading with its flags.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded<'a> {
    /// The reading.
    pub reading: Reading<'a>,
    /// Implausible, late and unmeasured values.
    pub flags: Flags,
    /// The number of unknown fields, which are ignored.
    pub unknown_fields: u32,
}

/// Decodes the payload of a message. `received_ms` is its broker timestamp, ms since the epoch.
///
/// # Errors
/// The [`Rejection`] names the field and its defect.
pub fn decode(
    payload: &[u8],
    received_ms: i64,
    limits: TimeLimits,
) -> Result<Decoded<'_>, Rejection> {
    // Phase 1: the raw fields, from the fast scan if the message is plain.
    let mut fields = RawFields::default();
    if payload.len() > MAX_MESSAGE_BYTES || scan(payload, &mut fields).is_none() {
        fields = parse(payload)?;
    }

    // Phase 2: identity and time. A message without them is not a reading.
    let patient_id = required_text(&mut fields, raw_fields::PATIENT_ID)?;
    let time_ms = check_time(&fields.values[raw_fields::TIMESTAMP])?;
    check_not_in_future(time_ms, received_ms, limits)?;

    // Phase 3: the vitals, then the optional fields.
    let (vitals, mut flags) = check_vitals(&fields)?;
    flags.late = received_ms - time_ms > limits.late_after_ms;
    let reading = Reading {
        patient_id,
        time_ms,
        vitals,
        supplemental_oxygen: check_oxygen(&fields)?,
        consciousness: check_consciousness(&fields)?,
        device_id: check_text(&mut fields, raw_fields::DEVICE_ID)?,
        sequence: check_sequence(&fields)?,
        ward: check_text(&mut fields, raw_fields::WARD)?,
        bed: check_text(&mut fields, raw_fields::BED)?,
    };
    Ok(Decoded { reading, flags, unknown_fields: fields.unknown })
}

fn check_not_in_future(
    time_ms: i64,
    received_ms: i64,
    limits: TimeLimits,
) -> Result<(), Rejection> {
    let ahead_ms = time_ms - received_ms;
    if ahead_ms <= limits.max_future_ms {
        return Ok(());
    }
    let detail = format!("timestamp: {} s ahead of the broker timestamp", ahead_ms / 1000);
    Err(Rejection::new(Reason::FutureTimestamp, detail))
}

fn parse(payload: &[u8]) -> Result<RawFields<'_>, Rejection> {
    if payload.is_empty() {
        return Err(Rejection::new(Reason::Empty, "the message has no payload"));
    }
    if payload.len() > MAX_MESSAGE_BYTES {
        let detail = format!("{} bytes, the maximum is {MAX_MESSAGE_BYTES}", payload.len());
        return Err(Rejection::new(Reason::TooLarge, detail));
    }
    match serde_json::from_slice(payload) {
        Err(error) => Err(Rejection::new(Reason::NotJson, error.to_string())),
        Ok(RawMessage::Other(kind)) => {
            Err(Rejection::new(Reason::NotAnObject, format!("the message is {kind}")))
        }
        Ok(RawMessage::Object(RawFields { duplicate: Some(index), .. })) => {
            let detail = format!("{}: given more than once", field_name(index));
            Err(Rejection::new(Reason::DuplicateField, detail))
        }
        Ok(RawMessage::Object(fields)) => Ok(fields),
    }
}
