//! The ward as statistics see it: the place and the state of every patient.

use std::borrow::Cow;

use super::census::Ward;
use crate::statistics::Sample;

impl Ward {
    /// The id under which patient `id` is on the ward.
    #[must_use]
    pub fn current_id<'a>(&self, id: &'a str) -> Cow<'a, str> {
        self.contexts.merged_id(id).map_or(Cow::Borrowed(id), Cow::Owned)
    }

    /// The ward in which patient `id` lies, if it is known.
    #[must_use]
    pub fn location_of(&self, id: &str) -> Option<&str> {
        self.patients.get(id)?.bedside.location()?.ward.as_deref()
    }

    /// Ward and state of every patient with a reading in the last `max_age_ms`.
    pub fn samples(
        &self,
        now_ms: i64,
        max_age_ms: i64,
    ) -> impl Iterator<Item = (Option<&str>, Sample)> {
        let monitored = self.patients.iter().filter(move |(_, patient)| {
            now_ms.saturating_sub(patient.last_arrival_ms()) <= max_age_ms
        });
        monitored
            .map(move |(id, patient)| (self.location_of(id), Sample::of(&patient.bedside, now_ms)))
    }
}
