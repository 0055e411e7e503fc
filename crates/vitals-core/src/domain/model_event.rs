//! Model events: the messages on topic `model-events`, keyed by event id, and the lines of the model
//! registry's ledger.

use serde::{Deserialize, Serialize};

use super::{
    decode::MAX_TIME_MS,
    json_object,
    rejection::{Reason, Rejection},
};

/// Maximum length of an id, a model name or a version, in bytes.
const MAX_ID_BYTES: usize = 64;

/// Maximum length of a person's name, in bytes: 200 characters of UTF-8.
const MAX_NAME_BYTES: usize = 800;

/// Hexadecimal digits of a SHA-256.
const DIGEST_DIGITS: usize = 64;

/// A step in the life of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Saved as a candidate.
    Trained,
    /// Scored on labelled data.
    Evaluated,
    /// Compared with the active version, and rejected by a gate.
    Refused,
    /// Passed every gate, was approved, and became active.
    Released,
    /// A released version became active again over HTTP.
    Activated,
    /// Became active again, because the version that followed it was withdrawn.
    RolledBack,
}

impl Step {
    /// All steps.
    pub const ALL: [Self; 6] = [
        Self::Trained,
        Self::Evaluated,
        Self::Refused,
        Self::Released,
        Self::Activated,
        Self::RolledBack,
    ];

    /// The name in messages and in the lake.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trained => "trained",
            Self::Evaluated => "evaluated",
            Self::Refused => "refused",
            Self::Released => "released",
            Self::Activated => "activated",
            Self::RolledBack => "rolled_back",
        }
    }
}

/// A step with the person and the reason behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelEvent {
    /// Id of the event, a UUID; also the key of the message. A repetition has the same id.
    pub event_id: String,
    /// Time, ms since the epoch.
    pub time: i64,
    /// The step.
    pub step: Step,
    /// Name of the model.
    pub model: String,
    /// Its version.
    pub model_version: String,
    /// SHA-256 of the version's manifest, which has the digests of all its files.
    pub digest: String,
    /// The version that was active before, `name/version`, if the step changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// The person or program that took the step; the approver of a release.
    pub who: String,
    /// The reason, in words.
    pub why: String,
}

impl ModelEvent {
    /// Validates the values.
    ///
    /// # Errors
    /// The first invalid field, with its error.
    pub fn check(&self) -> Result<(), Rejection> {
        let digest = self.digest.as_bytes();
        let checks = [
            (is_id(&self.event_id), "event_id: is empty or too long"),
            ((1..=MAX_TIME_MS).contains(&self.time), "time: is not between 1970 and 2262"),
            (is_id(&self.model), "model: is empty or too long"),
            (is_id(&self.model_version), "model_version: is empty or too long"),
            (
                digest.len() == DIGEST_DIGITS && digest.iter().all(u8::is_ascii_hexdigit),
                "digest: is not a SHA-256",
            ),
            (
                // Name and version with a slash between them.
                self.previous.as_ref().is_none_or(|id| id.len() <= 2 * MAX_ID_BYTES + 1),
                "previous: is too long",
            ),
            (
                !self.who.trim().is_empty() && self.who.len() <= MAX_NAME_BYTES,
                "who: is empty or too long",
            ),
        ];
        match checks.iter().find(|(holds, _)| !holds) {
            Some((_, problem)) => Err(Rejection::new(Reason::OutOfRange, *problem)),
            None => Ok(()),
        }
    }
}

/// Returns true for text that can be an id, a model name or a version.
const fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_ID_BYTES
}

/// Decodes the payload of a message on topic `model-events`.
///
/// # Errors
/// The [`Rejection`] names the field and its defect.
pub fn decode(payload: &[u8]) -> Result<ModelEvent, Rejection> {
    let event: ModelEvent = json_object::decode(payload)?;
    event.check()?;
    Ok(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> ModelEvent {
        ModelEvent {
            event_id: "01a20a73-c415-7483-ac0a-fb062c505685".to_owned(),
            time: 1_763_812_800_123,
            step: Step::RolledBack,
            model: "spline".to_owned(),
            model_version: "be54ff7ee1c3".to_owned(),
            digest: "0123456789abcdef".repeat(4),
            previous: Some("boosted/35eba6874ce1".to_owned()),
            who: "Ada Li".to_owned(),
            why: "too many alarms".to_owned(),
        }
    }

    #[test]
    fn a_message_survives_the_round_trip() {
        let json = serde_json::to_string(&event()).unwrap();
        insta::assert_snapshot!(json);
        assert_eq!(decode(json.as_bytes()).unwrap(), event());
        let first = ModelEvent { previous: None, ..event() };
        let json = serde_json::to_string(&first).unwrap();
        assert!(!json.contains("previous"), "{json}");
        assert_eq!(decode(json.as_bytes()).unwrap(), first);
    }

    #[test]
    fn step_names_match_the_serialised_names() {
        for step in Step::ALL {
            assert_eq!(serde_json::to_value(step).unwrap(), step.name());
        }
    }

    #[test]
    fn rejections_have_a_reason_and_name_the_field() {
        let json = serde_json::to_string(&event()).unwrap();
        let name = "n".repeat(801);
        let cases = [
            (String::new(), Reason::Empty, "no payload"),
            ("[]".to_owned(), Reason::NotAnObject, "not an object"),
            (json.replace("rolled_back", "deployed"), Reason::WrongType, "step"),
            (json.replace(r#""why""#, r#""reason""#), Reason::UnknownField, "reason"),
            (json.replace(r#""model":"spline","#, ""), Reason::MissingField, "model"),
            (json.replace(r#""spline""#, r#""""#), Reason::OutOfRange, "model: "),
            (json.replace("1763812800123", "-1"), Reason::OutOfRange, "time: "),
            (json.replace("1763812800123", "1763812800123456"), Reason::OutOfRange, "time: "),
            (json.replace("0123456789", "012g456789"), Reason::OutOfRange, "digest: "),
            (json.replace("0123456789", ""), Reason::OutOfRange, "digest: "),
            (json.replace("Ada Li", " "), Reason::OutOfRange, "who: "),
            (json.replace("Ada Li", &name), Reason::OutOfRange, "who: "),
            (json.replace("boosted/", &name), Reason::OutOfRange, "previous: "),
        ];
        for (payload, reason, part) in cases {
            let rejection = decode(payload.as_bytes()).unwrap_err();
            assert_eq!(rejection.reason, reason, "{payload}: {rejection}");
            assert!(rejection.detail.contains(part), "{payload}: {rejection}");
        }
    }
}
