//! Decoding of a context, or its rejection with a reason.

use serde_json::error::Category;

use super::PatientContext;
use crate::domain::{
    decode::MAX_MESSAGE_BYTES,
    rejection::{Reason, Rejection},
};

/// Decodes the payload of a message on topic `patient-context`. Unknown fields are ignored.
///
/// # Errors
/// The [`Rejection`] names the field and its defect.
pub fn decode(payload: &[u8]) -> Result<PatientContext, Rejection> {
    // Size first: a large payload is rejected without parsing it.
    if payload.is_empty() {
        return Err(Rejection::new(Reason::Empty, "the message has no payload"));
    }
    if payload.len() > MAX_MESSAGE_BYTES {
        let detail = format!("{} bytes, the maximum is {MAX_MESSAGE_BYTES}", payload.len());
        return Err(Rejection::new(Reason::TooLarge, detail));
    }
    let deserializer = &mut serde_json::Deserializer::from_slice(payload);
    let context: PatientContext = serde_path_to_error::deserialize(&mut *deserializer)
        .map_err(|error| json_rejection(payload, error.inner(), error.to_string()))?;
    deserializer.end().map_err(|error| Rejection::new(Reason::NotJson, error.to_string()))?;
    // serde accepts an array of the fields too.
    if payload.trim_ascii_start().first() != Some(&b'{') {
        return Err(Rejection::new(Reason::NotAnObject, "the message is not an object"));
    }
    if context.patient_id.trim().is_empty() {
        return Err(Rejection::new(Reason::MissingField, "patient_id is missing or empty"));
    }
    context.validate().map_err(|detail| Rejection::new(Reason::OutOfRange, detail))?;
    Ok(context)
}

/// The rejection of a payload that `serde_json` could not deserialise.
pub(crate) fn json_rejection(
    payload: &[u8],
    error: &serde_json::Error,
    detail: String,
) -> Rejection {
    if error.classify() != Category::Data {
        return Rejection::new(Reason::NotJson, error.to_string());
    }
    if payload.trim_ascii_start().first() != Some(&b'{') {
        return Rejection::new(Reason::NotAnObject, "the message is not an object");
    }
    // serde_json distinguishes these errors by their text only.
    let text = error.to_string();
    let reason = if text.starts_with("missing field") {
        Reason::MissingField
    } else if text.starts_with("duplicate field") {
        Reason::DuplicateField
    } else {
        Reason::WrongType
    };
    Rejection::new(reason, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejections_have_a_reason_and_name_the_field() {
        let cases = [
            ("", Reason::Empty, "no payload"),
            ("{", Reason::NotJson, "column"),
            (r#"{"patient_id":"p"} x"#, Reason::NotJson, "trailing"),
            ("[]", Reason::NotAnObject, "not an object"),
            ("{}", Reason::MissingField, "patient_id"),
            (r#"{"patient_id":" "}"#, Reason::MissingField, "patient_id"),
            (r#"{"patient_id":"p","patient_id":"q"}"#, Reason::DuplicateField, "patient_id"),
            (r#"{"patient_id":"p","pregnant":"yes"}"#, Reason::WrongType, "pregnant"),
            (
                r#"{"patient_id":"p","limits":{"spo2":{"low":"x"}}}"#,
                Reason::WrongType,
                "limits.spo2.low",
            ),
            (r#"{"patient_id":"p","birth_date":"soon"}"#, Reason::OutOfRange, "birth_date"),
            (r#"{"patient_id":"p","merged_into":"p"}"#, Reason::OutOfRange, "merged_into"),
        ];
        for (payload, reason, part) in cases {
            let rejection = decode(payload.as_bytes()).unwrap_err();
            assert_eq!(rejection.reason, reason, "{payload}: {rejection}");
            assert!(rejection.detail.contains(part), "{payload}: {rejection}");
        }
        assert_eq!(decode(br#"{"patient_id":"p","more":1}"#).unwrap().patient_id, "p");
    }
}
