//! The patients on the ward: admission by first reading, changes, removal after silence.

use std::collections::BTreeMap;

use vitals_core::domain::{
    bedside::Claims, decode::Decoded, patient_context::PatientContext, watch::MAX_SETBACK_MS,
};

use super::{contexts::Contexts, patient::Patient, rate::Rate, state, watched::Watched};
use crate::wire::{PatientState, TrendPoint};

/// Maximum number of patients: far more than a hospital has. It bounds the memory if a source
/// invents patient ids. Beyond it, the patient silent for longest is removed.
pub const MAX_PATIENTS: usize = 10_000;

/// Time within which a running watch publishes the state of a patient who is measured: the longest
/// `consumer.watch.status_interval_ms`.
const PUBLISHED_MS: i64 = 60_000;

/// All patients, by id.
#[derive(Debug)]
pub struct Ward {
    pub(super) patients: BTreeMap<String, Patient>,
    forget_after_ms: i64,
    max_patients: usize,
    rate: Rate,
    /// Contexts of the patients, on the ward or not.
    pub(super) contexts: Contexts,
    /// The patients as the watch knows them, on the ward or not.
    watched: BTreeMap<String, Watched>,
    pub(super) devices: Claims,
    pub(super) beds: Claims,
    /// Arrival of the newest reading from any patient.
    last_arrival_ms: Option<i64>,
    /// The last sign of life of the watch: the latest time up to which it has judged a patient.
    last_judged_ms: Option<i64>,
    /// The watch had stopped at the last [`take_changes`](Self::take_changes).
    watch_was_stopped: bool,
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
            contexts: Contexts::new(max_patients.max(1)),
            watched: BTreeMap::new(),
            devices: Claims::default(),
            beds: Claims::default(),
            last_arrival_ms: None,
            last_judged_ms: None,
            watch_was_stopped: false,
            removed: false,
        }
    }

    /// Applies a reading that arrived at `arrival_ms` and was received at `now_ms`. An older value
    /// never replaces a newer one.
    pub fn apply(&mut self, decoded: &Decoded<'_>, arrival_ms: i64, now_ms: i64) {
        self.follow_setback(now_ms);
        // Counted whoever it belongs to: the stream is alive.
        self.rate.count(now_ms);
        self.last_arrival_ms = self.last_arrival_ms.max(Some(arrival_ms));
        let id = &*self.current_id(&decoded.reading.patient_id);
        if self.contexts.is_of_another_stay(id, arrival_ms) {
            return;
        }
        self.patient(id).apply(decoded, arrival_ms);
        self.find_conflicts(id, decoded, arrival_ms);
    }

    /// Moves arrivals in the future to `now_ms`: this clock was ahead when it set them, and was set
    /// back. No later reading would count until that time has come.
    fn follow_setback(&mut self, now_ms: i64) {
        let ahead_ms = self.last_arrival_ms.map_or(0, |last_ms| last_ms.saturating_sub(now_ms));
        if ahead_ms <= MAX_SETBACK_MS {
            return;
        }
        self.last_arrival_ms = Some(now_ms);
        self.last_judged_ms = self.last_judged_ms.min(Some(now_ms));
        self.patients.values_mut().for_each(|patient| patient.cap_arrivals(now_ms));
        self.devices = Claims::default();
        self.beds = Claims::default();
    }

    /// Applies a reading from before the dashboard's start.
    pub fn restore(&mut self, decoded: &Decoded<'_>, arrival_ms: i64) {
        self.last_arrival_ms = self.last_arrival_ms.max(Some(arrival_ms));
        let id = &*self.current_id(&decoded.reading.patient_id);
        if !self.contexts.is_of_another_stay(id, arrival_ms) {
            self.patient(id).restore(decoded, arrival_ms);
        }
    }

    /// Moves a patient to the id that a merge names. If both are on the ward, both tiles stay: the
    /// values of the earlier id must not disappear before the later one has its own.
    fn apply_merge(&mut self, id: &str) {
        let Some(merged) = self.contexts.merged_id(id) else { return };
        if self.patients.contains_key(&merged) {
            return;
        }
        if let Some(mut patient) = self.patients.remove(id) {
            patient.set_context(self.contexts.get(&merged).cloned());
            self.patients.insert(merged, patient);
            self.removed = true;
        }
    }

    /// Sets the context of patient `id`, or removes it. A discharged patient leaves the ward.
    pub fn set_context(&mut self, id: &str, context: Option<PatientContext>) {
        if let Some(patient) = self.patients.get_mut(id) {
            // A patient with a later reading has come back, and stays.
            let left = context.as_ref().is_some_and(|context| {
                context.is_discharged() && Some(patient.last_arrival_ms()) <= context.discharged_ms
            });
            if left {
                self.patients.remove(id);
                self.removed = true;
            } else {
                patient.set_context(context.clone());
            }
        }
        self.contexts.set(id, context);
        self.apply_merge(id);
        // The context may name another place: the bed that was left is free.
        self.beds.retain(|patient| patient != id);
    }

    /// Sets the alarms of patient `id`, or removes them.
    pub fn set_watched(&mut self, id: &str, watched: Option<Watched>) {
        self.last_judged_ms = self.last_judged_ms.max(watched.as_ref().map(Watched::judged_ms));
        if let Some(patient) = self.patients.get_mut(id) {
            patient.set_watched(watched.clone());
        }
        match watched {
            // Kept before the first reading, too.
            Some(watched)
                if self.watched.len() < self.max_patients || self.watched.contains_key(id) =>
            {
                self.watched.insert(id.to_owned(), watched);
            }
            Some(_) => {}
            None => {
                self.watched.remove(id);
            }
        }
    }

    /// The patient with this id. A new patient may displace the one silent for longest.
    fn patient(&mut self, id: &str) -> &mut Patient {
        let is_new = !self.patients.contains_key(id);
        if is_new && self.patients.len() >= self.max_patients {
            self.remove_most_silent();
        }
        let patient = self.patients.entry(id.to_owned()).or_default();
        // The context may be older than the first reading.
        if is_new && let Some(context) = self.contexts.get(id) {
            patient.set_context(Some(context.clone()));
        }
        if is_new && let Some(watched) = self.watched.get(id) {
            patient.set_watched(Some(watched.clone()));
        }
        patient
    }

    /// Returns the changes since the last call. A change is a new reading, a value that has
    /// become too old to be scored, a watch that stopped or is back, or a removal.
    pub fn take_changes(&mut self, now_ms: i64) -> Changes {
        // Remove the silent patients.
        let count = self.patients.len();
        let oldest = now_ms.saturating_sub(self.forget_after_ms);
        self.patients.retain(|_, patient| patient.last_arrival_ms() >= oldest);
        let removed = std::mem::take(&mut self.removed) || self.patients.len() < count;
        if removed {
            self.devices.retain(|id| self.patients.contains_key(id));
            self.beds.retain(|id| self.patients.contains_key(id));
        }

        // Collect the states that differ from the last call's.
        let watch_is_stopped = self.watch_stopped_ms().is_some();
        if std::mem::replace(&mut self.watch_was_stopped, watch_is_stopped) != watch_is_stopped {
            // It holds the ranks of those without a reading, too, while it runs.
            self.patients.values_mut().for_each(Patient::set_changed);
        }
        let mut patients = Vec::new();
        for (id, patient) in &mut self.patients {
            if state::take_change(patient, now_ms) {
                patients.push(state::of(id, patient, now_ms, watch_is_stopped));
            }
        }
        Changes { patients, removed }
    }

    /// The states at `now_ms` of all patients, or of patient `only`, sorted by id.
    #[must_use]
    pub fn states(&self, now_ms: i64, only: Option<&str>) -> Vec<PatientState> {
        let watch_is_stopped = self.watch_stopped_ms().is_some();
        let state =
            |(id, patient): (&String, &Patient)| state::of(id, patient, now_ms, watch_is_stopped);
        self.select(only).map(state).collect()
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

    /// Arrival of the newest reading from any patient.
    #[must_use]
    pub const fn last_arrival_ms(&self) -> Option<i64> {
        self.last_arrival_ms
    }

    /// The last sign of life of the watch if it has stopped, or, if there was none, the arrival of the
    /// first reading that it has not judged. `None` while it runs, or while nobody waits for it.
    #[must_use]
    pub fn watch_stopped_ms(&self) -> Option<i64> {
        let waiting = self.patients.values().filter_map(Patient::unwatched_since_ms);
        let first_ms = waiting.min()?;
        // One that judges other patients runs.
        let is_running = self.last_judged_ms.is_some_and(|judged_ms| {
            self.last_arrival_ms <= Some(judged_ms.saturating_add(PUBLISHED_MS))
        });
        if is_running { None } else { self.last_judged_ms.or(Some(first_ms)) }
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
        // The patient silent for longest is the most likely to have left.
        let silent = self.patients.iter().min_by_key(|(_, patient)| patient.last_arrival_ms());
        if let Some(id) = silent.map(|(id, _)| id.clone()) {
            self.patients.remove(&id);
            self.removed = true;
        }
    }
}
