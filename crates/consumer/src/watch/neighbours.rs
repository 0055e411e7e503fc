//! The devices and beds that the patients of a partition use.
//!
//! Patients are compared within their partition: across partitions the order of messages differs
//! from run to run, and with it the ids of alerts would.

use vitals_core::domain::{
    bedside::{Claimed, Claims},
    decode::Decoded,
};

use super::patient::Conflict;

/// Patients by device and by bed.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    devices: Claims,
    beds: Claims,
}

/// A device or bed that readings of two patients have named.
#[derive(Debug, Clone)]
pub(super) struct Named {
    claimed: Claimed,
    key: String,
    arrival_ms: i64,
}

impl Named {
    pub(super) fn borrow(&self) -> Conflict<'_> {
        Conflict { claimed: self.claimed, key: &self.key, arrival_ms: self.arrival_ms }
    }
}

impl Neighbours {
    /// Registers device and bed of a reading. Returns the conflicts, each with the other patient.
    pub(super) fn conflicts(
        &mut self,
        decoded: &Decoded<'_>,
        arrival_ms: i64,
    ) -> Vec<(Named, String)> {
        let reading = &decoded.reading;
        let id = reading.patient_id.as_ref();
        let mut found = Vec::new();
        if let Some(device) = reading.device_id.as_deref() {
            let others = self.devices.claim(device, id, arrival_ms);
            found.extend(others.into_iter().map(|other| {
                let key = device.to_owned();
                (Named { claimed: Claimed::Device, key, arrival_ms }, other)
            }));
        }
        if let (Some(ward), Some(bed)) = (reading.ward.as_deref(), reading.bed.as_deref()) {
            // The number of a bed is unique within its ward only.
            let place = format!("{ward} · {bed}");
            let others = self.beds.claim(&place, id, arrival_ms);
            found.extend(others.into_iter().map(|other| {
                (Named { claimed: Claimed::Bed, key: place.clone(), arrival_ms }, other)
            }));
        }
        found
    }

    /// Removes the claims of a patient who has left.
    pub(super) fn forget(&mut self, id: &str) {
        self.devices.retain(|known| known != id);
        self.beds.retain(|known| known != id);
    }
}
