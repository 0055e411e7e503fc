//! A selection of events.

use vitals_core::domain::activity::{Action, ActivityEvent};
use vitals_lake::query::UNKNOWN_USER;

/// A selection of events; every part that is absent selects all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActivityFilter {
    /// The patient.
    pub patient_id: Option<String>,
    /// The user; [`UNKNOWN_USER`] selects the events without one, too.
    pub user: Option<String>,
    /// The action.
    pub action: Option<Action>,
}

impl ActivityFilter {
    /// Returns true if the event is selected.
    #[must_use]
    pub fn selects(&self, event: &ActivityEvent) -> bool {
        let patient = self.patient_id.is_none() || self.patient_id == event.patient_id;
        let user = self.user.as_deref().is_none_or(|user| {
            event.user.as_deref().map_or(user == UNKNOWN_USER, |named| named == user)
        });
        patient && user && self.action.is_none_or(|action| action == event.action)
    }
}
