//! Decoding of a context, or its rejection with a reason.

use super::PatientContext;
use crate::domain::{
    json_object,
    rejection::{Reason, Rejection},
};

/// Decodes a message on topic `patient-context`. Unknown fields are ignored. The key must name the
/// patient, too: readers look up a context by key, and compaction replaces it by key.
///
/// # Errors
/// The [`Rejection`] names the field and its defect.
pub fn decode(key: Option<&[u8]>, payload: &[u8]) -> Result<PatientContext, Rejection> {
    let context = decode_value(payload)?;
    match key {
        Some(key) if key == context.patient_id.as_bytes() => Ok(context),
        Some(_) => {
            Err(Rejection::new(Reason::Inconsistent, "patient_id is not the key of the message"))
        }
        None => Err(Rejection::new(Reason::MissingField, "the message has no key")),
    }
}

/// Decodes the payload of such a message.
pub(super) fn decode_value(payload: &[u8]) -> Result<PatientContext, Rejection> {
    let context: PatientContext = json_object::decode(payload)?;
    if context.patient_id.trim().is_empty() {
        return Err(Rejection::new(Reason::MissingField, "patient_id is missing or empty"));
    }
    context.validate().map_err(|detail| Rejection::new(Reason::OutOfRange, detail))?;
    Ok(context)
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
            (
                r#"{"patient_id":"p","limits":{"spo2":{"low":85},"spo2":{"low":90}}}"#,
                Reason::DuplicateField,
                "duplicate field `spo2`",
            ),
            (
                r#"{"patient_id":"p","limits":{"spo2":{"low":85,"low":90}}}"#,
                Reason::DuplicateField,
                "duplicate field `low`",
            ),
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
            let rejection = decode(Some(b"p"), payload.as_bytes()).unwrap_err();
            assert_eq!(rejection.reason, reason, "{payload}: {rejection}");
            assert!(rejection.detail.contains(part), "{payload}: {rejection}");
        }
        let more = br#"{"patient_id":"p","more":1}"#;
        assert_eq!(decode(Some(b"p"), more).unwrap().patient_id, "p");
    }

    /// A prescription must not apply to another patient than the one that it names.
    #[test]
    fn the_key_names_the_patient() {
        let payload = br#"{"patient_id":"p"}"#;
        let keys: [(Option<&[u8]>, Reason); 5] = [
            (Some(b"q"), Reason::Inconsistent),
            (Some(b" p"), Reason::Inconsistent),
            (Some(b""), Reason::Inconsistent),
            (Some(b"p\xff"), Reason::Inconsistent),
            (None, Reason::MissingField),
        ];
        for (key, reason) in keys {
            assert_eq!(decode(key, payload).unwrap_err().reason, reason, "{key:?}");
        }
    }
}
