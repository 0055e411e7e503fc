//! Conflicts of identity: one device for two patients, two patients in one bed.

use std::collections::{BTreeMap, HashMap};

/// Time within which two patients must use a device or a bed to be in conflict.
const OVERLAP_MS: i64 = 60_000;

/// The subject of a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claimed {
    Device,
    Bed,
}

/// Patients by the devices or beds that their readings name.
#[derive(Debug, Default)]
pub(super) struct Claims {
    /// For each device or bed, the last arrival of each patient.
    patients: HashMap<String, Vec<(String, i64)>>,
}

impl Claims {
    /// Registers that a reading of `patient` named `key`. Returns the other patients whose
    /// readings have named it recently.
    pub(super) fn claim(&mut self, key: &str, patient: &str, arrival_ms: i64) -> Vec<String> {
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
    pub(super) fn retain(&mut self, stays: impl Fn(&str) -> bool) {
        self.patients.retain(|_, claims| {
            claims.retain(|(patient, _)| stays(patient));
            !claims.is_empty()
        });
    }
}

/// One patient's conflicts with others.
#[derive(Debug, Default)]
pub(super) struct Conflicts(BTreeMap<(Claimed, String, String), i64>);

impl Conflicts {
    /// Notes a conflict with `other` over `key` at `arrival_ms`.
    pub(super) fn note(&mut self, claimed: Claimed, key: &str, other: &str, arrival_ms: i64) {
        self.0.insert((claimed, key.to_owned(), other.to_owned()), arrival_ms);
    }

    /// Removes the conflicts that ended before a reading that arrived at `arrival_ms`.
    pub(super) fn expire(&mut self, arrival_ms: i64) {
        self.0.retain(|_, last_ms| arrival_ms.saturating_sub(*last_ms) <= OVERLAP_MS);
    }

    /// The conflicts: subject, its name and the other patient, with the last arrival.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Claimed, &str, &str, i64)> {
        self.0.iter().map(|((claimed, key, other), last_ms)| {
            (*claimed, key.as_str(), other.as_str(), *last_ms)
        })
    }
}
