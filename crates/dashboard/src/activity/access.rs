//! An access to a view.

use vitals_core::domain::activity::{Action, MAX_ACTIVITY_TEXT_BYTES, MAX_RANGE_MS, View};

/// An access to a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    pub(super) action: Action,
    pub(super) view: View,
    pub(super) patient_id: Option<String>,
    pub(super) ward: Option<String>,
    pub(super) range: Option<(i64, i64)>,
    pub(super) request_id: Option<String>,
}

impl Access {
    /// An access to a view.
    #[must_use]
    pub const fn new(action: Action, view: View) -> Self {
        Self { action, view, patient_id: None, ward: None, range: None, request_id: None }
    }

    /// The opening of a view.
    #[must_use]
    pub const fn viewed(view: View) -> Self {
        Self::new(Action::Viewed, view)
    }

    /// Restricts the access to a patient.
    #[must_use]
    pub fn of_patient(self, patient_id: Option<&str>) -> Self {
        Self { patient_id: patient_id.and_then(shortened), ..self }
    }

    /// Restricts the access to a ward.
    #[must_use]
    pub fn of_ward(self, ward: Option<&str>) -> Self {
        Self { ward: ward.and_then(shortened), ..self }
    }

    /// Restricts the access to a period: start and exclusive end, ms since the epoch.
    #[must_use]
    pub fn within(self, range: Option<(i64, i64)>) -> Self {
        let within = |time_ms: i64| time_ms.clamp(0, MAX_RANGE_MS);
        let range = range.map(|(from, to)| (within(from), within(to).max(within(from))));
        Self { range, ..self }
    }

    /// Names the request of a prediction.
    #[must_use]
    pub fn with_request(self, request_id: Option<&str>) -> Self {
        Self { request_id: request_id.map(ToOwned::to_owned), ..self }
    }
}

/// The beginning of a text, as far as an event has room for it: no access goes unrecorded because of
/// the length of a parameter. `None` for an empty one.
pub(super) fn shortened(text: &str) -> Option<String> {
    let end = text.floor_char_boundary(MAX_ACTIVITY_TEXT_BYTES);
    text.get(..end).filter(|text| !text.is_empty()).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_becomes_one_that_an_event_has_room_for() {
        let long = "ä".repeat(200);
        let access = Access::viewed(View::Statistics)
            .of_ward(Some(&long))
            .of_patient(Some(""))
            .within(Some((-5, i64::MAX)));
        assert_eq!(access.ward.as_deref(), Some(&*"ä".repeat(128)));
        assert_eq!(access.patient_id, None);
        assert_eq!(access.range, Some((0, MAX_RANGE_MS)));
        assert_eq!(Access::viewed(View::Ward).within(Some((9, 3))).range, Some((9, 9)));
    }
}
