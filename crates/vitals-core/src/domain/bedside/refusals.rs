//! The refused fields of a patient's readings, each with its last refusal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{decode::Decoded, refused::Refused};

/// Maximum fields per patient. It bounds the memory if a source invents field names.
const MAX_FIELDS: usize = 16;

/// The last refusal of each field.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Refusals(BTreeMap<String, Refusal>);

/// A refused field and the arrival of its reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Refusal {
    pub(super) refused: Refused,
    pub(super) arrival_ms: i64,
}

impl Refusals {
    /// Notes the refused fields of a reading that arrived at `arrival_ms`.
    pub(super) fn update(&mut self, decoded: &Decoded<'_>, arrival_ms: i64) {
        for refused in &decoded.refused {
            let known = self.0.get(refused.field.as_ref());
            let is_newest = known.is_none_or(|known| known.arrival_ms <= arrival_ms);
            if is_newest && (known.is_some() || self.0.len() < MAX_FIELDS) {
                let refusal = Refusal { refused: refused.clone(), arrival_ms };
                self.0.insert(refused.field.to_string(), refusal);
            }
        }
    }

    /// The refusals that arrived at `since_ms` or later, by field.
    pub(super) fn since(&self, since_ms: i64) -> impl Iterator<Item = &Refusal> {
        self.0.values().filter(move |refusal| refusal.arrival_ms >= since_ms)
    }
}
