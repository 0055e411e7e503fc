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
        match context {
            Some(context) if self.by_id.len() < self.max || self.by_id.contains_key(id) => {
                self.by_id.insert(id.to_owned(), context);
            }
            Some(_) => {}
            None => {
                self.by_id.remove(id);
            }
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
