//! The refused fields of a patient's readings, each with its last refusal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::latest::Stamp;
use crate::domain::{decode::Decoded, refused::Refused, rejection::Reason, vital::Vital};

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
    /// Index of the device among the patient's.
    #[serde(default)]
    device: usize,
}

impl Refusals {
    /// Notes the refused fields of a reading.
    pub(super) fn update(&mut self, decoded: &Decoded<'_>, stamp: Stamp) {
        let Stamp { arrival_ms, device, .. } = stamp;
        for refused in &decoded.refused {
            let known = self.0.get(refused.field.as_ref());
            let is_newest = known.is_none_or(|known| known.arrival_ms <= arrival_ms);
            let is_new = known.is_none();
            if !is_newest || (is_new && !self.make_room(&refused.field)) {
                continue;
            }
            let refusal = Refusal { refused: refused.clone(), arrival_ms, device };
            self.0.insert(refused.field.to_string(), refusal);
        }
    }

    /// Moves arrivals after `latest_ms` to it.
    pub(super) fn cap_arrivals(&mut self, latest_ms: i64) {
        for refusal in self.0.values_mut() {
            refusal.arrival_ms = refusal.arrival_ms.min(latest_ms);
        }
    }

    /// Makes room for a vital, in place of a field that is none. Returns false if there is no room.
    fn make_room(&mut self, field: &str) -> bool {
        if self.0.len() < MAX_FIELDS {
            return true;
        }
        if Vital::from_name(field).is_none() {
            return false;
        }
        let other = self.0.keys().find(|known| Vital::from_name(known).is_none()).cloned();
        other.is_some_and(|other| self.0.remove(&other).is_some())
    }

    /// Returns true if the device of a value of `vital` has sent a refused one since. A sentinel
    /// is a mark for "no value" and says nothing about the last one.
    pub(super) fn replaced(&self, vital: Vital, stamp: &Stamp) -> bool {
        self.0.get(vital.name()).is_some_and(|refusal| {
            refusal.refused.reason != Reason::Sentinel
                && refusal.device == stamp.device
                && refusal.arrival_ms > stamp.arrival_ms
        })
    }

    /// Arrival of the last refusal.
    pub(super) fn last_arrival_ms(&self) -> Option<i64> {
        self.0.values().map(|refusal| refusal.arrival_ms).max()
    }

    /// The refusals that arrived at `since_ms` or later, by field.
    pub(super) fn since(&self, since_ms: i64) -> impl Iterator<Item = &Refusal> {
        self.0.values().filter(move |refusal| refusal.arrival_ms >= since_ms)
    }
}
