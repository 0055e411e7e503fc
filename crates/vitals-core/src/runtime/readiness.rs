//! Readiness of a service, with the reasons while it is not ready.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The reason for which each condition does not hold; `None` if it holds.
type Conditions = BTreeMap<&'static str, Option<String>>;

/// The named conditions of readiness, all of which must hold. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<Mutex<Conditions>>);

impl Readiness {
    /// A service that is not ready until each of `conditions` is [`met`](Self::met).
    #[must_use]
    pub fn waiting_for(conditions: &[&'static str]) -> Self {
        let readiness = Self::default();
        for condition in conditions {
            readiness.missing(condition, "starting");
        }
        readiness
    }

    /// Records that `condition` holds.
    pub fn met(&self, condition: &'static str) {
        self.set(condition, None);
    }

    /// Records that `condition` does not hold, with the reason.
    pub fn missing(&self, condition: &'static str, reason: impl Into<String>) {
        self.set(condition, Some(reason.into()));
    }

    /// The conditions that do not hold, as `condition: reason`; empty if the service is ready.
    #[must_use]
    pub fn reasons(&self) -> Vec<String> {
        // Sorted by name, so that the response is stable.
        let conditions = self.conditions();
        conditions
            .iter()
            .filter_map(|(name, reason)| reason.as_ref().map(|reason| format!("{name}: {reason}")))
            .collect()
    }

    /// Returns true if `condition` holds.
    #[must_use]
    pub fn holds(&self, condition: &'static str) -> bool {
        let conditions = self.conditions();
        matches!(conditions.get(condition), Some(None))
    }

    fn set(&self, condition: &'static str, reason: Option<String>) {
        self.conditions().insert(condition, reason);
    }

    fn conditions(&self) -> MutexGuard<'_, Conditions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_ready_if_all_conditions_hold() {
        let readiness = Readiness::waiting_for(&["kafka", "lake"]);
        readiness.met("lake");
        assert_eq!(readiness.reasons(), ["kafka: starting"]);
        readiness.met("kafka");
        assert!(readiness.reasons().is_empty() && readiness.holds("kafka"));
    }
}
