//! Conflicts of identity: one device for two patients, two patients in one bed.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// Time within which two patients must use a device or a bed to be in conflict.
pub(super) const OVERLAP_MS: i64 = 60_000;

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
    /// For each device or bed, the last arrival of each patient.
    patients: HashMap<String, Vec<(String, i64)>>,
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
        let claims = self.patients.entry(key.to_owned()).or_default();
        claims.retain(|(other, last_ms)| {
            other == patient || arrival_ms.saturating_sub(*last_ms) <= OVERLAP_MS
        });
        match claims.iter_mut().find(|(other, _)| other == patient) {
            Some((_, last_ms)) => *last_ms = arrival_ms.max(*last_ms),
            None => claims.push((patient.to_owned(), arrival_ms)),
        }
        claims.iter().map(|(other, _)| other).filter(|other| *other != patient).cloned().collect()
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
            Err(index) => {
                let (key, other) = (key.to_owned(), other.to_owned());
                self.0.insert(index, Conflict { claimed, key, other, last_ms: arrival_ms });
            }
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
