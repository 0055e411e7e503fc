//! The patients on the ward: admission by first reading, changes, removal after silence.

use std::collections::BTreeMap;

use vitals_core::domain::decode::Decoded;

use super::{patient::Patient, rate::Rate, state};
use crate::wire::{PatientState, TrendPoint};

/// Maximum number of patients: far more than a hospital has. It bounds the memory if a source
/// invents patient ids. Beyond it, the patient silent for longest is removed.
pub const MAX_PATIENTS: usize = 10_000;

/// All patients, by id.
#[derive(Debug)]
pub struct Ward {
    patients: BTreeMap<String, Patient>,
    forget_after_ms: i64,
    max_patients: usize,
    rate: Rate,
    /// A patient was removed since the last [`take_changes`](Self::take_changes).
    removed: bool,
}

/// Changes since the previous call.
#[derive(Debug, Default, PartialEq)]
pub struct Changes {
    /// Patients whose state changed, sorted by id.
    pub patients: Vec<PatientState>,
    /// True if a patient was removed from the ward.
    pub removed: bool,
}

impl Ward {
    /// An empty ward. A patient is removed `forget_after_ms` after the last reading.
    #[must_use]
    pub fn new(forget_after_ms: i64, max_patients: usize) -> Self {
        Self {
            patients: BTreeMap::new(),
            forget_after_ms,
            max_patients: max_patients.max(1),
            rate: Rate::default(),
            removed: false,
        }
    }

    /// Applies a reading that arrived at `now_ms`. An older value never replaces a newer one.
    pub fn apply(&mut self, decoded: &Decoded<'_>, now_ms: i64) {
        self.rate.count(now_ms);
        let id = decoded.reading.patient_id.as_ref();
        if let Some(patient) = self.patients.get_mut(id) {
            return patient.apply(decoded, now_ms);
        }
        // A new patient may displace the one silent for longest.
        if self.patients.len() >= self.max_patients {
            self.remove_most_silent();
        }
        let mut patient = Patient::default();
        patient.apply(decoded, now_ms);
        self.patients.insert(id.to_owned(), patient);
    }

    /// Returns the changes since the last call. A change is a new reading, a value that has
    /// become too old to be scored, or a removal.
    pub fn take_changes(&mut self, now_ms: i64) -> Changes {
        // Remove the silent patients.
        let count = self.patients.len();
        let oldest = now_ms.saturating_sub(self.forget_after_ms);
        self.patients.retain(|_, patient| patient.last_arrival_ms() >= oldest);
        let removed = std::mem::take(&mut self.removed) || self.patients.len() < count;

        // Collect the states that differ from the last call's.
        let mut patients = Vec::new();
        for (id, patient) in &mut self.patients {
            if state::take_change(patient, now_ms) {
                patients.push(state::of(id, patient, now_ms));
            }
        }
        Changes { patients, removed }
    }

    /// The states at `now_ms` of all patients, or of patient `only`, sorted by id.
    #[must_use]
    pub fn states(&self, now_ms: i64, only: Option<&str>) -> Vec<PatientState> {
        self.select(only).map(|(id, patient)| state::of(id, patient, now_ms)).collect()
    }

    /// The trends of all patients, or of patient `only`, by id.
    #[must_use]
    pub fn trends(&self, only: Option<&str>) -> BTreeMap<String, Vec<TrendPoint>> {
        self.select(only).map(|(id, patient)| (id.clone(), patient.trend().points())).collect()
    }

    /// Number of patients.
    #[must_use]
    pub fn len(&self) -> usize {
        self.patients.len()
    }

    /// Returns true if there are no patients.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patients.is_empty()
    }

    /// Readings per second, over the five seconds before `now_ms`.
    #[must_use]
    pub fn readings_per_s(&self, now_ms: i64) -> f64 {
        self.rate.per_second(now_ms)
    }

    /// All patients, or the one with id `only` if it is on the ward.
    fn select(&self, only: Option<&str>) -> impl Iterator<Item = (&String, &Patient)> {
        let one = only.and_then(|id| self.patients.get_key_value(id));
        let all = if only.is_none() { Some(self.patients.iter()) } else { None };
        all.into_iter().flatten().chain(one)
    }

    fn remove_most_silent(&mut self) {
        let silent = self.patients.iter().min_by_key(|(_, patient)| patient.last_arrival_ms());
        if let Some(id) = silent.map(|(id, _)| id.clone()) {
            self.patients.remove(&id);
            self.removed = true;
        }
    }
}
