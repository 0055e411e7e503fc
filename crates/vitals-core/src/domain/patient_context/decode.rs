//! Decoding of a context, or its rejection with a reason.

use super::PatientContext;
use crate::domain::{
    json_object,
    rejection::{Reason, Rejection},
};

/// Decodes the payload of a message on topic `patient-context`. Unknown fields are ignored.
///
/// # Errors
/// The [`Rejection`] names the field and its defect.
pub fn decode(payload: &[u8]) -> Result<PatientContext, Rejection> {
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
