//! The contexts of the patients, on the ward or not.

use std::collections::BTreeMap;

use vitals_core::domain::patient_context::PatientContext;

/// Maximum merges of one id: each is a decision of a person.
const MAX_MERGES: usize = 8;

/// The contexts, by patient.
#[derive(Debug)]
pub(super) struct Contexts {
    by_id: BTreeMap<String, PatientContext>,
    max: usize,
}

impl Contexts {
    /// No contexts yet, and at most `max`.
    pub(super) const fn new(max: usize) -> Self {
        Self { by_id: BTreeMap::new(), max }
    }

    /// Sets the context of patient `id`, or removes it. It is kept before the first reading, too,
    /// which must not be scored without it.
    pub(super) fn set(&mut self, id: &str, context: Option<PatientContext>) {
        let Some(context) = context else {
            self.by_id.remove(id);
            return;
        };
        if self.by_id.len() >= self.max && !self.by_id.contains_key(id) {
            self.make_room();
        }
        self.by_id.insert(id.to_owned(), context);
    }

    /// Removes the tenth of the contexts that are most likely outdated: those of discharged patients
    /// first, which stay on the topic for ever, then those of the oldest stays.
    fn make_room(&mut self) {
        let mut by_age: Vec<_> = self.by_id.iter().collect();
        by_age.sort_by_key(|(_, context)| (!context.is_discharged(), context.stay_from_ms()));
        by_age.truncate((self.max / 10).max(1));
        let outdated: Vec<_> = by_age.into_iter().map(|(id, _)| id.clone()).collect();
        for id in outdated {
            self.by_id.remove(&id);
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<&PatientContext> {
        self.by_id.get(id)
    }

    /// Returns true if a reading arrived before the patient's current stay.
    pub(super) fn is_of_another_stay(&self, id: &str, arrival_ms: i64) -> bool {
        let stay = self.get(id).and_then(PatientContext::stay_from_ms);
        stay.is_some_and(|from_ms| arrival_ms < from_ms)
    }

    /// The id under which patient `id` continues; `None` if the contexts name no other one.
    pub(super) fn merged_id(&self, id: &str) -> Option<String> {
        let mut current = self.merged_into(id)?;
        for _ in 0..MAX_MERGES {
            match self.merged_into(current) {
                Some(further) => current = further,
                None => return Some(current.to_owned()),
            }
        }
        // A circle: it is not known who continues.
        None
    }

    fn merged_into(&self, id: &str) -> Option<&str> {
        self.by_id.get(id)?.merged_into.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The topic keeps the contexts of all patients who ever were in the house.
    #[test]
    fn a_context_finds_room_among_those_of_former_patients() {
        let mut contexts = Contexts::new(20);
        let admitted =
            |time_ms| PatientContext { admitted_ms: Some(time_ms), ..PatientContext::default() };
        contexts.set("inpatient", Some(admitted(1)));
        for time_ms in 2..100 {
            let left = PatientContext { discharged_ms: Some(time_ms), ..admitted(time_ms) };
            contexts.set(&format!("former-{time_ms}"), Some(left));
        }
        contexts.set("newcomer", Some(admitted(100)));
        assert!(contexts.by_id.len() <= 20);
        let known = ["inpatient", "former-2", "former-99", "newcomer"];
        assert_eq!(known.map(|id| contexts.get(id).is_some()), [true, false, true, true]);
    }

    #[test]
    fn a_merge_leads_to_the_last_id_and_a_circle_nowhere() {
        let mut contexts = Contexts::new(10);
        for (id, into) in [("a", "b"), ("b", "c"), ("x", "y"), ("y", "x")] {
            let merged_into = Some(into.to_owned());
            let context = PatientContext { merged_into, ..PatientContext::default() };
            contexts.set(id, Some(context));
        }
        let ids = ["a", "b", "c", "x"].map(|id| contexts.merged_id(id));
        assert_eq!(ids, [Some("c".to_owned()), Some("c".to_owned()), None, None]);
    }
}
