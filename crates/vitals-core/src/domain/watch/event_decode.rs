//! Decoding of an alert, or its rejection with a reason.

use super::event::AlertEvent;
use crate::domain::{
    json_object,
    rejection::{Reason, Rejection},
};

/// Decodes the payload of a message on topic `alerts`. Unknown fields are ignored.
///
/// # Errors
/// The [`Rejection`] names the field and its defect.
pub fn decode(payload: &[u8]) -> Result<AlertEvent, Rejection> {
    let event: AlertEvent = json_object::decode(payload)?;
    for (name, text) in [("id", &event.id), ("patient_id", &event.patient_id)] {
        if text.trim().is_empty() {
            return Err(Rejection::new(Reason::MissingField, format!("{name} is empty")));
        }
    }
    Ok(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejections_have_a_reason_and_name_the_field() {
        let valid = r#"{"id":"p/news2/1/raised/9","occurrence_id":"p/news2/1","patient_id":"p",
            "rule":"news2","priority":"high","kind":"raised","at_ms":9,"onset_ms":1,"text":"NEWS2 8",
            "later":true}"#;
        assert_eq!(decode(valid.as_bytes()).unwrap().onset_ms, 1);
        let cases = [
            (String::new(), Reason::Empty, "no payload"),
            ("[]".to_owned(), Reason::NotAnObject, "not an object"),
            (format!("{valid} x"), Reason::NotJson, "trailing"),
            (valid.replace("\"at_ms\":9,", ""), Reason::MissingField, "at_ms"),
            (valid.replace("\"news2\"", "\"news3\""), Reason::WrongType, "rule"),
            (valid.replace("\"high\"", "\"higher\""), Reason::WrongType, "priority"),
            (
                valid.replace("\"patient_id\":\"p\"", "\"patient_id\":\" \""),
                Reason::MissingField,
                "patient_id",
            ),
        ];
        for (payload, reason, part) in cases {
            let rejection = decode(payload.as_bytes()).unwrap_err();
            assert_eq!(rejection.reason, reason, "{payload}: {rejection}");
            assert!(rejection.detail.contains(part), "{payload}: {rejection}");
        }
    }
}
