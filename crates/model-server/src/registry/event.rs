//! A step in the life of a model version.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use vitals_core::runtime::clock::now_ms;

use super::ModelId;

/// A step in the life of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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

/// A step with the person and the reason behind it. One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelEvent {
    /// Id of the event, a UUID.
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

/// The person behind a step, and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// Name of the person or program.
    pub who: String,
    /// The reason, in words.
    pub why: String,
}

impl ModelEvent {
    /// The event of a step that happens now.
    #[must_use]
    pub fn now(step: Step, id: &ModelId, digest: String, author: &Author) -> Self {
        let time = now_ms();
        let millis = u64::try_from(time).unwrap_or_default();
        let event_id =
            uuid::Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid();
        Self {
            event_id: Uuid::hyphenated(event_id).to_string(),
            time,
            step,
            model: id.name().to_owned(),
            model_version: id.version().to_owned(),
            digest,
            previous: None,
            who: author.who.clone(),
            why: author.why.clone(),
        }
    }

    /// Returns true if the event is about this version.
    #[must_use]
    pub fn is_of(&self, id: &ModelId) -> bool {
        (self.model.as_str(), self.model_version.as_str()) == (id.name(), id.version())
    }
}
