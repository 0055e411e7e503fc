//! Decoding of a prediction event, or its rejection with a reason.

use super::PredictionEvent;
use crate::domain::{json_object, rejection::Rejection};

/// Decodes the payload of a message on topic `predictions`.
///
/// # Errors
/// The [`Rejection`] names the field and its defect.
pub fn decode(payload: &[u8]) -> Result<PredictionEvent<'_>, Rejection> {
    let event: PredictionEvent<'_> = json_object::decode(payload)?;
    event.check()?;
    Ok(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::prediction::tests::event;
    use crate::domain::{decode::MAX_MESSAGE_BYTES, rejection::Reason};

    #[test]
    fn rejections_have_a_reason_and_name_the_field() {
        let json = serde_json::to_string(&event()).unwrap();
        let cases = [
            (String::new(), Reason::Empty, "no payload"),
            (" ".repeat(MAX_MESSAGE_BYTES + 1), Reason::TooLarge, "1048577 bytes"),
            ("{\"row\":".to_owned(), Reason::NotJson, "column"),
            ("[1]".to_owned(), Reason::NotAnObject, "not an object"),
            (json.replace("\"row\":0,", ""), Reason::MissingField, "row"),
            (json.replace("\"row\":0,", "\"row\":0,\"ward\":1,"), Reason::UnknownField, "ward"),
            (json.replace("\"row\":0,", "\"row\":0,\"row\":0,"), Reason::DuplicateField, "row"),
            (json.replace("\"row\":0", "\"row\":\"0\""), Reason::WrongType, "row"),
            (json.replace("137.0", "\"high\""), Reason::WrongType, "inputs.glucose"),
            (json.replace("\"threshold\":0.5", "\"threshold\":5"), Reason::OutOfRange, "threshold"),
            (
                json.replace("\"log_odds\":2.0", "\"log_odds\":3.0"),
                Reason::Inconsistent,
                "log_odds",
            ),
        ];
        for (payload, reason, part) in cases {
            let rejection = decode(payload.as_bytes()).unwrap_err();
            assert_eq!(rejection.reason, reason, "{payload}: {rejection}");
            assert!(rejection.detail.contains(part), "{payload}: {rejection}");
        }
        assert_eq!(decode(json.as_bytes()).unwrap(), event());
    }
}
