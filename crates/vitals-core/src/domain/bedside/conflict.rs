//! Conflicts of identity: one device for two patients, two patients in one bed.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// Time within which two patients must use a device or a bed to be in conflict.
pub(super) const OVERLAP_MS: i64 = 60_000;

/// Maximum patients that are remembered for one device or bed. An id that a whole ward shares, such
/// as a device's default, would otherwise cost the square of the ward for every reading.
const MAX_CLAIMANTS: usize = 4;

/// Maximum conflicts of one patient. Beyond it, further ones are neither noted nor named.
const MAX_CONFLICTS: usize = 8;

/// Number of devices or beds above which those that nobody has named lately are removed.
const SWEEP_KEYS: usize = 1_024;

/// The subject of a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claimed {
    /// A device that sends for both.
    Device,
    /// A bed in which both lie.
    Bed,
}

/// Patients by the devices or beds that their readings name.
#[derive(Debug, Default)]
pub struct Claims {
    /// For each device or bed, the last arrival of each patient, by patient.
    patients: HashMap<String, Vec<(String, i64)>>,
    /// Number of keys after the last sweep.
    kept: usize,
}

impl Claims {
    /// Registers that a reading of `patient` named `key`. Returns the other patients whose
    /// readings have named it recently.
    pub fn claim(&mut self, key: &str, patient: &str, arrival_ms: i64) -> Vec<String> {
        // Fast path without allocation: most readings repeat the only claim.
        if let Some([(only, last_ms)]) = self.patients.get_mut(key).map(Vec::as_mut_slice)
            && only == patient
        {
            *last_ms = arrival_ms.max(*last_ms);
            return Vec::new();
        }
        self.sweep(arrival_ms);
        let claims = self.patients.entry(key.to_owned()).or_default();
        claims.retain(|(other, last_ms)| {
            other == patient || arrival_ms.saturating_sub(*last_ms) <= OVERLAP_MS
        });
        match claims.binary_search_by(|(other, _)| other.as_str().cmp(patient)) {
            Ok(index) => claims[index].1 = arrival_ms.max(claims[index].1),
            Err(index) => claims.insert(index, (patient.to_owned(), arrival_ms)),
        }
        let others = claims.iter().map(|(other, _)| other).filter(|other| *other != patient);
        let others = others.take(MAX_CLAIMANTS).cloned().collect();
        // By patient and not by time: the result is the same whichever reading came first.
        claims.truncate(MAX_CLAIMANTS);
        others
    }

    /// Removes outdated claims once there are twice as many keys as before: a source may invent a
    /// device for every reading.
    fn sweep(&mut self, arrival_ms: i64) {
        if self.patients.len() < SWEEP_KEYS.max(2 * self.kept) {
            return;
        }
        self.patients.retain(|_, claims| {
            claims.retain(|(_, last_ms)| arrival_ms.saturating_sub(*last_ms) <= OVERLAP_MS);
            !claims.is_empty()
        });
        self.kept = self.patients.len();
    }

    /// Removes the claims of patients who have left.
    pub fn retain(&mut self, stays: impl Fn(&str) -> bool) {
        self.patients.retain(|_, claims| {
            claims.retain(|(patient, _)| stays(patient));
            !claims.is_empty()
        });
    }
}

/// A conflict with another patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Conflict {
    pub(super) claimed: Claimed,
    /// The device, or the bed with its ward.
    pub(super) key: String,
    /// The other patient.
    pub(super) other: String,
    /// Last arrival of a reading in conflict.
    pub(super) last_ms: i64,
}

/// One patient's conflicts with others, sorted.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Conflicts(Vec<Conflict>);

impl Conflicts {
    /// Notes a conflict with `other` over `key` at `arrival_ms`.
    pub fn note(&mut self, claimed: Claimed, key: &str, other: &str, arrival_ms: i64) {
        let found = self.0.binary_search_by(|known| {
            (known.claimed, known.key.as_str(), known.other.as_str()).cmp(&(claimed, key, other))
        });
        match found {
            Ok(index) => self.0[index].last_ms = arrival_ms,
            // A gateway may send for a whole ward with the id of one device.
            Err(_) if self.0.len() >= MAX_CONFLICTS => {}
            Err(index) => {
                let (key, other) = (key.to_owned(), other.to_owned());
                self.0.insert(index, Conflict { claimed, key, other, last_ms: arrival_ms });
            }
        }
    }

    /// Moves arrivals after `latest_ms` to it.
    pub(super) fn cap_arrivals(&mut self, latest_ms: i64) {
        for conflict in &mut self.0 {
            conflict.last_ms = conflict.last_ms.min(latest_ms);
        }
    }

    /// Removes the conflicts that ended before a reading that arrived at `arrival_ms`.
    pub fn expire(&mut self, arrival_ms: i64) {
        self.0.retain(|known| arrival_ms.saturating_sub(known.last_ms) <= OVERLAP_MS);
    }

    /// Time at which the next conflict ends if no reading renews it.
    #[must_use]
    pub fn end_ms(&self) -> Option<i64> {
        self.0.iter().map(|known| known.last_ms.saturating_add(OVERLAP_MS + 1)).min()
    }

    /// The conflicts, by subject.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Conflict> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_a_ward_shares_costs_a_few_conflicts_for_each_reading() {
        let mut claims = Claims::default();
        let mut conflicts = Conflicts::default();
        for round in 0..3 {
            for number in 0..500 {
                let others = claims.claim("default", &format!("p-{number}"), round * 1_000);
                assert!(others.len() <= MAX_CLAIMANTS, "{others:?}");
                assert!(!others.is_empty() || (round, number) == (0, 0), "p-{number}");
                for other in &others {
                    conflicts.note(Claimed::Device, "default", other, round * 1_000);
                    conflicts.note(Claimed::Device, "other", &format!("p-{number}"), 0);
                }
            }
        }
        assert_eq!(claims.patients["default"].len(), MAX_CLAIMANTS);
        assert_eq!(conflicts.iter().count(), MAX_CONFLICTS);
    }

    #[test]
    fn the_remembered_patients_do_not_depend_on_the_order() {
        let mut forwards = Claims::default();
        let mut backwards = Claims::default();
        for number in 0..20 {
            forwards.claim("bed", &format!("p-{number:02}"), 0);
            backwards.claim("bed", &format!("p-{:02}", 19 - number), 0);
        }
        assert_eq!(forwards.patients, backwards.patients);
    }

    #[test]
    fn invented_devices_are_forgotten_after_a_while() {
        let mut claims = Claims::default();
        for number in 0..100_000_i64 {
            claims.claim(&format!("dev-{number}"), "p", number * 1_000);
        }
        assert!(claims.patients.len() <= SWEEP_KEYS, "{}", claims.patients.len());
    }

    #[test]
    fn two_patients_on_one_device_are_in_conflict_for_a_minute() {
        let mut claims = Claims::default();
        assert_eq!(claims.claim("mon", "p", 0), Vec::<String>::new());
        assert_eq!(claims.claim("mon", "q", 60_000), ["p"]);
        assert_eq!(claims.claim("mon", "q", 60_001), Vec::<String>::new());
        assert_eq!(claims.claim("mon", "p", 60_001), ["q"]);
        claims.retain(|patient| patient != "q");
        assert_eq!(claims.claim("mon", "p", 60_002), Vec::<String>::new());
    }
}
