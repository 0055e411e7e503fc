//! Decoding of a prediction event, or its rejection with a reason.

use serde_json::error::Category;

use super::PredictionEvent;
use crate::domain::{
    decode::MAX_MESSAGE_BYTES,
    rejection::{Reason, Rejection},
};

/// Decodes the payload of a message on topic `predictions`.
///
/// # Errors
/// The [`Rejection`] names the field and its defect.
pub fn decode(payload: &[u8]) -> Result<PredictionEvent<'_>, Rejection> {
    // Size first: a large payload is rejected without parsing it.
    if payload.is_empty() {
        return Err(Rejection::new(Reason::Empty, "the message has no payload"));
    }
    if payload.len() > MAX_MESSAGE_BYTES {
        let detail = format!("{} bytes, the maximum is {MAX_MESSAGE_BYTES}", payload.len());
        return Err(Rejection::new(Reason::TooLarge, detail));
    }
    let event: PredictionEvent<'_> =
        serde_json::from_slice(payload).map_err(|error| rejection(payload, &error))?;
    event.check()?;
    Ok(event)
}

fn rejection(payload: &[u8], error: &serde_json::Error) -> Rejection {
    if error.classify() != Category::Data {
        return Rejection::new(Reason::NotJson, error.to_string());
    }
    if payload.trim_ascii_start().first() != Some(&b'{') {
        return Rejection::new(Reason::NotAnObject, "the message is not an object");
    }
    // A second pass finds the path of the field; tracking it slows down the first.
    let deserializer = &mut serde_json::Deserializer::from_slice(payload);
    let detail = match serde_path_to_error::deserialize::<_, PredictionEvent<'_>>(deserializer) {
        Err(error) => error.to_string(),
        Ok(_) => error.to_string(),
    };
    // serde_json distinguishes these errors by their text only.
    let text = error.to_string();
    let kinds = [
        ("missing field", Reason::MissingField),
        ("unknown field", Reason::UnknownField),
        ("duplicate field", Reason::DuplicateField),
    ];
    let kind = kinds.into_iter().find(|(prefix, _)| text.starts_with(prefix));
    Rejection::new(kind.map_or(Reason::WrongType, |(_, reason)| reason), detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::prediction::tests::event;

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
