//! Decoding of an alert, or its rejection with a reason.

use super::event::AlertEvent;
use crate::domain::{
    decode::MAX_TIME_MS,
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
    // The lake would show another time than the one that was sent.
    let times = [
        ("at_ms", Some(event.at_ms)),
        ("onset_ms", Some(event.onset_ms)),
        ("silenced_until_ms", event.silenced_until_ms),
    ];
    for (name, time_ms) in times {
        if time_ms.is_some_and(|time_ms| !(0..=MAX_TIME_MS).contains(&time_ms)) {
            let detail = format!("{name}: is not between 1970 and 2262");
            return Err(Rejection::new(Reason::OutOfRange, detail));
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
            (valid.replace("\"at_ms\":9", "\"at_ms\":-9"), Reason::OutOfRange, "at_ms"),
            (
                valid.replace("\"onset_ms\":1", "\"onset_ms\":1763812800123456789"),
                Reason::OutOfRange,
                "onset_ms",
            ),
            (
                valid.replace(
                    "\"at_ms\":9",
                    "\"at_ms\":9,\"silenced_until_ms\":9223372036854775807",
                ),
                Reason::OutOfRange,
                "silenced_until_ms",
            ),
        ];
        for (payload, reason, part) in cases {
            let rejection = decode(payload.as_bytes()).unwrap_err();
            assert_eq!(rejection.reason, reason, "{payload}: {rejection}");
            assert!(rejection.detail.contains(part), "{payload}: {rejection}");
        }
    }
}
