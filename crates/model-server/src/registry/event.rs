//! The author of a step in the life of a model version.

use uuid::Uuid;
use vitals_core::{
    domain::model_event::{ModelEvent, Step},
    runtime::clock::now_ms,
};

use super::ModelId;

/// The person behind a step, and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// Name of the person or program.
    pub who: String,
    /// The reason, in words.
    pub why: String,
}

impl Author {
    /// Maximum length of a name, in characters.
    pub const MAX_NAME: usize = 200;

    /// Maximum length of a reason, in characters.
    pub const MAX_REASON: usize = 2000;

    /// Trims a name or a reason of at most `max` characters.
    ///
    /// # Errors
    /// The end of a sentence about the text: it is blank or too long.
    pub fn text(text: &str, max: usize) -> Result<String, String> {
        match text.trim() {
            "" => Err("is blank".to_owned()),
            text if text.chars().count() > max => Err(format!("has more than {max} characters")),
            text => Ok(text.to_owned()),
        }
    }

    /// The event of a step that the author takes now. `digest` is that of the version's manifest.
    #[must_use]
    pub fn event(&self, step: Step, id: &ModelId, digest: String) -> ModelEvent {
        let time = now_ms();
        let millis = u64::try_from(time).unwrap_or_default();
        let event_id =
            uuid::Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid();
        ModelEvent {
            event_id: Uuid::hyphenated(event_id).to_string(),
            time,
            step,
            model: id.name().to_owned(),
            model_version: id.version().to_owned(),
            digest,
            previous: None,
            who: self.who.clone(),
            why: self.why.clone(),
        }
    }
}

impl ModelId {
    /// Returns true if the event is about this version.
    #[must_use]
    pub fn is_subject_of(&self, event: &ModelEvent) -> bool {
        (event.model.as_str(), event.model_version.as_str()) == (self.name(), self.version())
    }
}
