//! The ward: what is known of every patient, folded from readings in whatever order they come.
//!
//! Pure: the present is an argument. After the same readings with different times the ward is
//! the same, whatever their order.

mod patient;
mod rate;
mod score;
mod trend;

use std::collections::BTreeMap;

use vitals_core::domain::decode::Decoded;

use self::{patient::Patient, rate::Rate};
use crate::wire::{PatientState, WardSnapshot};

pub use self::{
    score::{CONTINUOUS_MS, OBSERVED_MS},
    trend::TREND_POINTS,
};

/// Most patients that are kept. Far more than a ward or a hospital has: it bounds the memory
/// when a source invents patients. Beyond it, whoever was silent for longest leaves.
pub const MAX_PATIENTS: usize = 10_000;

/// Everybody on the ward.
#[derive(Debug)]
pub struct Ward {
    patients: BTreeMap<String, Patient>,
    forget_after_ms: i64,
    max_patients: usize,
    rate: Rate,
    /// Somebody left since the last [`changes`](Self::changes).
    left: bool,
}

/// What happened since the last time.
#[derive(Debug, Default, PartialEq)]
pub struct Changes {
    /// Those of whom something changed, by id.
    pub patients: Vec<PatientState>,
    /// Whether somebody left the ward.
    pub left: bool,
}

impl Ward {
    /// An empty ward, from which a patient leaves `forget_after_ms` after the last reading.
    #[must_use]
    pub fn new(forget_after_ms: i64, max_patients: usize) -> Self {
        let (patients, rate) = (BTreeMap::new(), Rate::default());
        Self { patients, forget_after_ms, max_patients: max_patients.max(1), rate, left: false }
    }

    /// Takes in one reading that arrived at `now_ms`. A value never replaces a newer one.
    pub fn apply(&mut self, decoded: &Decoded<'_>, now_ms: i64) {
        self.rate.count(now_ms);
        let id = decoded.reading.patient_id.as_ref();
        if let Some(patient) = self.patients.get_mut(id) {
            return patient.apply(decoded, now_ms);
        }
        if self.patients.len() >= self.max_patients {
            self.forget_most_silent();
        }
        let mut patient = Patient::default();
        patient.apply(decoded, now_ms);
        self.patients.insert(id.to_owned(), patient);
    }

    /// What changed since the last call: readings came, a value became too old to be scored, or
    /// somebody left.
    pub fn changes(&mut self, now_ms: i64) -> Changes {
        let before = self.patients.len();
        let oldest = now_ms.saturating_sub(self.forget_after_ms);
        self.patients.retain(|_, patient| patient.seen_ms() >= oldest);
        let left = std::mem::take(&mut self.left) || self.patients.len() < before;
        let changed = self.patients.iter_mut().filter_map(|(id, patient)| {
            patient.take_change(now_ms).then(|| patient.state(id, now_ms))
        });
        Changes { patients: changed.collect(), left }
    }

    /// All that is known at `now_ms`, of everybody or of one patient only.
    #[must_use]
    pub fn snapshot(&self, now_ms: i64, only: Option<&str>) -> WardSnapshot {
        let wanted = || {
            let everybody = only.is_none().then(|| self.patients.iter());
            let one = only.and_then(|id| self.patients.get_key_value(id));
            everybody.into_iter().flatten().chain(one)
        };
        let patients: Vec<_> = wanted().map(|(id, patient)| patient.state(id, now_ms)).collect();
        WardSnapshot {
            server_time_ms: now_ms,
            newest_time_ms: newest(&patients),
            patients,
            trends: wanted().map(|(id, patient)| (id.clone(), patient.trend())).collect(),
        }
    }

    /// Number of patients.
    #[must_use]
    pub fn len(&self) -> usize {
        self.patients.len()
    }

    /// Whether nobody is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patients.is_empty()
    }

    /// Readings a second that arrived in the five seconds before `now_ms`.
    #[must_use]
    pub fn readings_per_s(&self, now_ms: i64) -> f64 {
        self.rate.per_second(now_ms)
    }

    fn forget_most_silent(&mut self) {
        let silent = self.patients.iter().min_by_key(|(_, patient)| patient.seen_ms());
        if let Some(id) = silent.map(|(id, _)| id.clone()) {
            self.patients.remove(&id);
            self.left = true;
        }
    }
}

/// Time of the newest reading of these patients.
#[must_use]
pub fn newest(patients: &[PatientState]) -> Option<i64> {
    patients.iter().map(|patient| patient.last_time_ms).max()
}

#[cfg(test)]
mod tests;
