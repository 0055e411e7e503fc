//! Whether a service can do its work right now, and if not, why.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Named conditions, all of which must hold. Clones share the conditions.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<Mutex<BTreeMap<&'static str, Option<String>>>>);

impl Readiness {
    /// Conditions that don't hold until they are [`met`](Self::met).
    #[must_use]
    pub fn waiting_for(conditions: &[&'static str]) -> Self {
        let readiness = Self::default();
        for condition in conditions {
            readiness.missing(condition, "starting");
        }
        readiness
    }

    /// `condition` holds.
    pub fn met(&self, condition: &'static str) {
        self.set(condition, None);
    }

    /// `condition` doesn't hold, because of `reason`.
    pub fn missing(&self, condition: &'static str, reason: impl Into<String>) {
        self.set(condition, Some(reason.into()));
    }

    /// What is missing, as `condition: reason`; empty when ready.
    #[must_use]
    pub fn reasons(&self) -> Vec<String> {
        let conditions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        conditions
            .iter()
            .filter_map(|(name, reason)| reason.as_ref().map(|reason| format!("{name}: {reason}")))
            .collect()
    }

    /// Whether `condition` holds.
    #[must_use]
    pub fn holds(&self, condition: &'static str) -> bool {
        let conditions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(conditions.get(condition), Some(None))
    }

    fn set(&self, condition: &'static str, reason: Option<String>) {
        let mut conditions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        conditions.insert(condition, reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_when_every_condition_holds() {
        let readiness = Readiness::waiting_for(&["kafka", "lake"]);
        readiness.met("lake");
        assert_eq!(readiness.reasons(), ["kafka: starting"]);
        readiness.met("kafka");
        assert!(readiness.reasons().is_empty() && readiness.holds("kafka"));
    }
}
