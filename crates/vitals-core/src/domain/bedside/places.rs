//! The places that a patient's readings name: one id that is sent from two places at once belongs
//! to two patients, or a device was left behind.

use serde::{Deserialize, Serialize};

use super::{
    conditions::{Condition, ConditionKind, technical},
    patient::{Location, Patient},
};

/// Time for which a place counts after the last reading that named it.
const OVERLAP_MS: i64 = 60_000;

/// Maximum places per patient. It bounds the memory if a source invents places.
const MAX_PLACES: usize = 8;

/// The places named lately.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Places(Vec<Place>);

/// A place, with the first and the last arrival of readings that named it without a pause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Place {
    location: Location,
    first_ms: i64,
    last_ms: i64,
}

impl Places {
    /// Notes that a reading which arrived at `arrival_ms` named a place.
    pub(super) fn note(&mut self, ward: Option<&str>, bed: Option<&str>, arrival_ms: i64) {
        // Fast path without allocation: most readings repeat the only place.
        if let [only] = &mut self.0[..]
            && only.location.is(ward, bed)
        {
            only.last_ms = only.last_ms.max(arrival_ms);
            return;
        }
        self.0.retain(|place| {
            place.location.is(ward, bed) || arrival_ms.saturating_sub(place.last_ms) <= OVERLAP_MS
        });
        if let Some(place) = self.0.iter_mut().find(|place| place.location.is(ward, bed)) {
            place.last_ms = place.last_ms.max(arrival_ms);
        } else if self.0.len() < MAX_PLACES {
            let location =
                Location { ward: ward.map(ToOwned::to_owned), bed: bed.map(ToOwned::to_owned) };
            self.0.push(Place { location, first_ms: arrival_ms, last_ms: arrival_ms });
        }
    }

    /// Moves arrivals after `latest_ms` to it.
    pub(super) fn cap_arrivals(&mut self, latest_ms: i64) {
        for place in &mut self.0 {
            place.first_ms = place.first_ms.min(latest_ms);
            place.last_ms = place.last_ms.min(latest_ms);
        }
    }

    /// The places that readings name in turn with an earlier one, each with its last arrival. After
    /// a transfer the former place is named no more, which is no conflict.
    pub(super) fn conflicts(&self) -> Vec<(&Location, i64)> {
        let newest_ms = self.0.iter().map(|place| place.last_ms).max().unwrap_or_default();
        self.0
            .iter()
            .filter(|place| newest_ms.saturating_sub(place.last_ms) <= OVERLAP_MS)
            .filter(|place| self.0.iter().any(|other| place.takes_turns_with(other)))
            .map(|place| (&place.location, place.last_ms))
            .collect()
    }
}

impl Place {
    /// Returns true if readings named the `earlier` place before and again after they named this
    /// one.
    fn takes_turns_with(&self, earlier: &Self) -> bool {
        earlier.location.contradicts(&self.location)
            && earlier.first_ms <= self.first_ms
            && earlier.last_ms > self.first_ms
    }
}

impl Location {
    fn is(&self, ward: Option<&str>, bed: Option<&str>) -> bool {
        self.ward.as_deref() == ward && self.bed.as_deref() == bed
    }

    /// Returns true if both name a ward or a bed, and not the same.
    fn contradicts(&self, other: &Self) -> bool {
        differ(self.ward.as_ref(), other.ward.as_ref())
            || differ(self.bed.as_ref(), other.bed.as_ref())
    }

    /// Ward and bed as text.
    pub(super) fn text(&self) -> String {
        let parts = [self.ward.as_deref(), self.bed.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }
}

/// Returns true if both are named, and not the same.
fn differ(one: Option<&String>, other: Option<&String>) -> bool {
    one.is_some() && other.is_some() && one != other
}

/// The other places that readings with this id are sent from.
pub(super) fn several_places(patient: &Patient) -> Vec<Condition> {
    let places = patient.places.conflicts();
    let conditions = places.into_iter().map(|(location, last_ms)| {
        let text = format!("readings with this id also come from {}", location.text());
        technical(ConditionKind::SeveralDevices, text, last_ms)
    });
    conditions.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places in conflict after readings from wards, one per second.
    fn after(wards: &[(&str, Option<&str>)]) -> Vec<String> {
        let mut places = Places::default();
        for (second, (ward, bed)) in wards.iter().enumerate() {
            places.note(Some(*ward), *bed, i64::try_from(second).unwrap() * 1000);
        }
        places.conflicts().into_iter().map(|(location, _)| location.text()).collect()
    }

    #[test]
    fn one_id_from_two_wards_is_a_conflict_and_a_transfer_is_none() {
        let (a, b) = (("A3", Some("12")), ("ICU", Some("5")));
        assert_eq!(after(&[a, a, a]), [""; 0]);
        assert_eq!(after(&[a, a, b, b, b]), [""; 0], "a transfer");
        assert_eq!(after(&[a, b, a]), ["ICU · 5"]);
        assert_eq!(after(&[a, b, a, b]), ["ICU · 5"]);
        assert_eq!(after(&[a, ("A3", None), a]), [""; 0], "without a bed is no other bed");
        assert_eq!(after(&[a, ("A3", Some("13")), a]), ["A3 · 13"]);
    }

    #[test]
    fn a_conflict_ends_with_the_readings_from_one_place() {
        let mut places = Places::default();
        for (ward, arrival_ms) in [("A3", 0), ("ICU", 1_000), ("A3", 2_000)] {
            places.note(Some(ward), None, arrival_ms);
        }
        assert_eq!(places.conflicts().len(), 1);
        places.note(Some("A3"), None, 62_000);
        assert_eq!(places.conflicts(), []);
    }

    #[test]
    fn invented_places_do_not_exhaust_memory() {
        let mut places = Places::default();
        for second in 0..1_000 {
            places.note(Some(&format!("ward {second}")), None, second);
        }
        assert_eq!(places.0.len(), MAX_PLACES);
    }
}
