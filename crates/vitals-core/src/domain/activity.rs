//! Activity: the messages on topic `audit`, keyed by event id. Each is one access to a view of the
//! dashboard, or one action on a patient's alarms. It names the patient and the view, never a value.

// An address is a value; `std::net` would bring sockets.
use core::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{
    decode::{MAX_TEXT_BYTES, MAX_TIME_MS},
    json_object,
    rejection::{Reason, Rejection},
};

/// Version of the message's form.
pub const ACTIVITY_VERSION: u8 = 1;

/// Maximum length of a user, a user agent, a patient's id or the name of a ward, in bytes.
pub const MAX_ACTIVITY_TEXT_BYTES: usize = MAX_TEXT_BYTES;

/// Largest end of a period, ms since the epoch: the year 9999, as for every query.
pub const MAX_RANGE_MS: i64 = 253_402_300_800_000;

/// Maximum length of an event's or a request's id, in bytes.
const MAX_ID_BYTES: usize = 64;

/// The kind of access or action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The view was opened.
    Viewed,
    /// Its data were saved as a file.
    Exported,
    /// It was printed.
    Printed,
    /// A risk was predicted.
    Predicted,
    /// An alarm was acknowledged.
    Acknowledged,
    /// A rule of the patient was silenced for a time.
    Silenced,
    /// A silence was ended.
    Unsilenced,
    /// Something was noted on an alarm.
    Noted,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 8] = [
        Self::Viewed,
        Self::Exported,
        Self::Printed,
        Self::Predicted,
        Self::Acknowledged,
        Self::Silenced,
        Self::Unsilenced,
        Self::Noted,
    ];

    /// The name in messages and in the lake.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewed => "viewed",
            Self::Exported => "exported",
            Self::Printed => "printed",
            Self::Predicted => "predicted",
            Self::Acknowledged => "acknowledged",
            Self::Silenced => "silenced",
            Self::Unsilenced => "unsilenced",
            Self::Noted => "noted",
        }
    }

    /// The action with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

/// A view of the dashboard, or the alarms of a patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// The live ward: the latest values of every patient.
    Ward,
    /// The history of one patient.
    Patient,
    /// The risk form.
    Risk,
    /// Statistics of a ward.
    Statistics,
    /// The activity itself.
    Activity,
    /// The alarms of one patient.
    Alarms,
}

impl View {
    /// All views.
    pub const ALL: [Self; 6] =
        [Self::Ward, Self::Patient, Self::Risk, Self::Statistics, Self::Activity, Self::Alarms];

    /// The name in messages and in the lake.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ward => "ward",
            Self::Patient => "patient",
            Self::Risk => "risk",
            Self::Statistics => "statistics",
            Self::Activity => "activity",
            Self::Alarms => "alarms",
        }
    }

    /// The view with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.name() == name)
    }
}

/// An access to a view, or an action on alarms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivityEvent {
    /// Version of the form, [`ACTIVITY_VERSION`].
    pub version: u8,
    /// Id of the event, a UUID; also the key of the message.
    pub event_id: String,
    /// Time of the access or action, ms since the epoch.
    pub time: i64,
    /// The user that a trusted proxy named, or the person that a command named; absent if none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// IP address of the browser, as far as trusted proxies vouch for it, or of the host of a command.
    pub address: IpAddr,
    /// The browser, as it describes itself, or the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The kind.
    pub action: Action,
    /// The view.
    pub view: View,
    /// The patient, if the access concerned one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient_id: Option<String>,
    /// The ward, if the access was restricted to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ward: Option<String>,
    /// Start of the period that was read or silenced, ms since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// End of the period, exclusive, ms since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
    /// Id of the prediction's request, as on topic `predictions`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl ActivityEvent {
    /// Validates the values.
    ///
    /// # Errors
    /// The first invalid field, with its error.
    pub fn check(&self) -> Result<(), Rejection> {
        let is_id = |text: &str| !text.is_empty() && text.len() <= MAX_ID_BYTES;
        let checks = [
            (self.version == ACTIVITY_VERSION, "version: is not 1"),
            (is_id(&self.event_id), "event_id: is empty or too long"),
            (is_time(self.time), "time: is not between 1970 and 2262"),
            (is_text(self.user.as_ref()), "user: is empty or too long"),
            (is_text(self.user_agent.as_ref()), "user_agent: is empty or too long"),
            (is_text(self.patient_id.as_ref()), "patient_id: is empty or too long"),
            (is_text(self.ward.as_ref()), "ward: is empty or too long"),
            (self.from.is_none_or(is_bound), "from: is not between 1970 and 9999"),
            (self.to.is_none_or(is_bound), "to: is not between 1970 and 9999"),
            (self.request_id.as_deref().is_none_or(is_id), "request_id: is empty or too long"),
        ];
        if let Some((_, problem)) = checks.iter().find(|(holds, _)| !holds) {
            return Err(Rejection::new(Reason::OutOfRange, *problem));
        }
        self.check_consistency()
    }

    /// Compares fields that depend on each other.
    fn check_consistency(&self) -> Result<(), Rejection> {
        let of_one_patient = matches!(self.view, View::Patient | View::Alarms);
        let checks = [
            (!of_one_patient || self.patient_id.is_some(), "patient_id: is missing"),
            (self.from.is_some() == self.to.is_some(), "from, to: one is missing"),
            (self.from <= self.to, "to: is before from"),
        ];
        match checks.iter().find(|(holds, _)| !holds) {
            Some((_, problem)) => Err(Rejection::new(Reason::Inconsistent, *problem)),
            None => Ok(()),
        }
    }
}

/// Returns true for no text, and for a text that is neither empty nor too long.
fn is_text(text: Option<&String>) -> bool {
    text.is_none_or(|text| !text.is_empty() && text.len() <= MAX_ACTIVITY_TEXT_BYTES)
}

fn is_bound(time_ms: i64) -> bool {
    (0..=MAX_RANGE_MS).contains(&time_ms)
}

fn is_time(time_ms: i64) -> bool {
    (0..=MAX_TIME_MS).contains(&time_ms)
}

/// Decodes the payload of a message on topic `audit`.
///
/// # Errors
/// The [`Rejection`] names the field and its defect.
pub fn decode(payload: &[u8]) -> Result<ActivityEvent, Rejection> {
    let event: ActivityEvent = json_object::decode(payload)?;
    event.check()?;
    Ok(event)
}

#[cfg(test)]
#[path = "activity_tests.rs"]
mod tests;
