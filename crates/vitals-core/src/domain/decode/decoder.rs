//! Decodes a message and judges its fields.

use std::cell::LazyCell;

use super::{
    context::judge_context,
    exact::ExactFields,
    fast_scan::scan,
    identity::{optional_text, patient_id},
    judge::Judge,
    lenient::repaired,
    options::DecodeOptions,
    raw_fields::{self, Odd, RawFields, RawMessage, RawValue, field_name},
    time,
    verdict::Decoded,
};
use crate::domain::{
    reading::Reading,
    rejection::{Reason, Rejection},
    vital::VITAL_COUNT,
};

/// Maximum size of a message: that of Kafka's default settings. A reading has some hundred bytes;
/// larger messages are rejected without parsing them.
pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024;

/// Decodes the payload of a message. `arrival_ms` is its [arrival](super::arrival_ms).
///
/// # Errors
/// A message is rejected if it is not a JSON object, names no patient or has no valid time.
pub fn decode<'a>(
    payload: &'a [u8],
    arrival_ms: Option<i64>,
    options: &DecodeOptions,
) -> Result<Decoded<'a>, Rejection> {
    // Phase 1: the raw fields, from the fast scan if the message is plain.
    let mut fields = RawFields::default();
    if payload.len() > MAX_MESSAGE_BYTES || scan(payload, &mut fields).is_none() {
        fields = parse(payload)?;
    }
    let mut judge = Judge::default();
    let odd = judge_odd(&mut fields, &mut judge)?;
    let exact = LazyCell::new(|| ExactFields::parse(payload));

    // Phase 2: identity and time. A message without them is not a reading.
    let patient_id = patient_id(&mut fields, &exact, &mut judge)?;
    let sent_ms = time::sent_ms(&fields.values[raw_fields::TIMESTAMP], &mut judge)?;
    let times = time::place(sent_ms, arrival_ms, options.times, &mut judge);

    // Phase 3: the other fields, each alone, then the verdicts that need several.
    let device_id = optional_text(&mut fields, raw_fields::DEVICE_ID, &exact, &mut judge);
    if !options.units.fahrenheit_devices.is_empty() {
        judge.fahrenheit = options.units.is_fahrenheit(device_id.as_deref());
    }
    let values = &fields.values;
    let mut vitals = judge.vitals(&values[..VITAL_COUNT]);
    judge_context(&mut judge, &mut vitals, values);
    let reading = Reading {
        patient_id,
        time_ms: times.time_ms,
        vitals,
        supplemental_oxygen: judge.oxygen(&values[raw_fields::SUPPLEMENTAL_OXYGEN]),
        consciousness: judge.consciousness(&values[raw_fields::CONSCIOUSNESS]),
        device_id,
        sequence: judge.sequence(&values[raw_fields::SEQUENCE]),
        ward: optional_text(&mut fields, raw_fields::WARD, &exact, &mut judge),
        bed: optional_text(&mut fields, raw_fields::BED, &exact, &mut judge),
    };
    if !judge.refused.is_empty() {
        exact.restore(&mut judge.refused);
    }
    Ok(Decoded {
        reading,
        flags: judge.flags,
        device_time_ms: times.device_time_ms,
        refused: judge.refused,
        extra: odd.map(|odd| odd.unknown).unwrap_or_default(),
    })
}

/// Judges repeated and unknown fields. A field that is repeated with different values has none.
fn judge_odd<'a>(
    fields: &mut RawFields<'a>,
    judge: &mut Judge,
) -> Result<Option<Box<Odd<'a>>>, Rejection> {
    let Some(odd) = fields.odd.take() else { return Ok(None) };
    judge.flags.in_array = odd.in_array;
    for (index, value) in &odd.repeated {
        let name = field_name(*index);
        // A reading of two patients or of two times belongs to neither.
        if matches!(*index, raw_fields::PATIENT_ID | raw_fields::TIMESTAMP) {
            let detail = format!("{name}: given more than once");
            return Err(Rejection::new(Reason::DuplicateField, detail));
        }
        // Both values are refused, because either may be the right one.
        let first = std::mem::take(&mut fields.values[*index]);
        let text = match first {
            RawValue::Absent => value.to_text(),
            first => format!("{}, {}", first.to_text(), value.to_text()),
        };
        judge.refuse(name, Reason::DuplicateField, text);
    }
    judge.unknown(&odd.unknown);
    Ok(Some(odd))
}

fn parse(payload: &[u8]) -> Result<RawFields<'_>, Rejection> {
    if payload.is_empty() {
        return Err(Rejection::new(Reason::Empty, "the message has no payload"));
    }
    if payload.len() > MAX_MESSAGE_BYTES {
        let detail = format!("{} bytes, the maximum is {MAX_MESSAGE_BYTES}", payload.len());
        return Err(Rejection::new(Reason::TooLarge, detail));
    }
    // Some editors and shells begin a file with a byte order mark.
    let payload = payload.strip_prefix(b"\xef\xbb\xbf").unwrap_or(payload);
    match read_json(payload)? {
        RawMessage::Object(fields) => Ok(fields),
        RawMessage::Other(kind) => {
            Err(Rejection::new(Reason::NotAnObject, format!("the message is {kind}")))
        }
    }
}

fn read_json(payload: &[u8]) -> Result<RawMessage<'_>, Rejection> {
    let error = match serde_json::from_slice(payload) {
        Ok(message) => return Ok(message),
        Err(error) => error,
    };
    // Bytes that JSON does not have cost their own field only.
    if let Some(copy) = repaired(payload)
        && let Ok(message) = serde_json::from_slice::<RawMessage<'_>>(&copy)
    {
        let mut message = message.into_owned();
        if let RawMessage::Object(fields) = &mut message
            && std::str::from_utf8(payload).is_err()
        {
            fields.mark_replaced();
        }
        return Ok(message);
    }
    Err(Rejection::new(Reason::NotJson, error.to_string()))
}
