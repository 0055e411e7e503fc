//! A message's bytes to a prediction, or the reason why not.

use serde_json::error::Category;

use super::PredictionEvent;
use crate::domain::{
    decode::MAX_MESSAGE_BYTES,
    rejection::{Reason, Rejection},
};

/// Decodes `payload`, the value of a message on topic `predictions`.
///
/// # Errors
/// The [`Rejection`] names the field and what is wrong with it.
pub fn decode(payload: &[u8]) -> Result<PredictionEvent<'_>, Rejection> {
    if payload.is_empty() {
        return Err(Rejection::new(Reason::Empty, "the message has no value"));
    }
    if payload.len() > MAX_MESSAGE_BYTES {
        let detail = format!("{} bytes, at most {MAX_MESSAGE_BYTES} are read", payload.len());
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
        return Rejection::new(Reason::NotAnObject, "the message is no object");
    }
    // Only the second reading keeps track of the field it is at.
    let again = &mut serde_json::Deserializer::from_slice(payload);
    let detail = match serde_path_to_error::deserialize::<_, PredictionEvent<'_>>(again) {
        Err(error) => error.to_string(),
        Ok(_) => error.to_string(),
    };
    // The kinds of error differ in nothing but their words.
    let said = error.to_string();
    let kinds = [
        ("missing field", Reason::MissingField),
        ("unknown field", Reason::UnknownField),
        ("duplicate field", Reason::DuplicateField),
    ];
    let kind = kinds.into_iter().find(|(words, _)| said.starts_with(words));
    Rejection::new(kind.map_or(Reason::WrongType, |(_, reason)| reason), detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::prediction::tests::event;

    #[test]
    fn every_rejection_has_its_reason_and_names_the_field() {
        let json = serde_json::to_string(&event()).unwrap();
        let cases = [
            (String::new(), Reason::Empty, "no value"),
            (" ".repeat(MAX_MESSAGE_BYTES + 1), Reason::TooLarge, "65537 bytes"),
            ("{\"row\":".to_owned(), Reason::NotJson, "column"),
            ("[1]".to_owned(), Reason::NotAnObject, "no object"),
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
