//! Devices and beds that several patients claim at the same time.

use vitals_core::domain::{bedside::Claimed, decode::Decoded};

use super::Ward;

impl Ward {
    /// Compares device and bed of a reading with those of the other patients' readings.
    pub(super) fn find_conflicts(&mut self, id: &str, decoded: &Decoded<'_>, arrival_ms: i64) {
        let reading = &decoded.reading;
        if let Some(device) = reading.device_id.as_deref() {
            let others = self.devices.claim(device, id, arrival_ms);
            self.note_conflicts(Claimed::Device, device, (id, others), arrival_ms);
        }
        // The bed of the ward's state, which the patient's context may have changed.
        if let Some(place) = self.bed_of(id) {
            let others = self.beds.claim(&place, id, arrival_ms);
            self.note_conflicts(Claimed::Bed, &place, (id, others), arrival_ms);
        }
    }

    /// Ward and bed of a patient, by which the bed is known: its number is unique within its ward
    /// only.
    fn bed_of(&self, id: &str) -> Option<String> {
        let location = self.patients.get(id)?.bedside.location()?;
        Some(format!("{} · {}", location.ward.as_deref()?, location.bed.as_deref()?))
    }

    fn note_conflicts(
        &mut self,
        claimed: Claimed,
        key: &str,
        (id, others): (&str, Vec<String>),
        arrival_ms: i64,
    ) {
        if let Some(patient) = self.patients.get_mut(id) {
            patient.bedside.conflicts.expire(arrival_ms);
            for other in &others {
                patient.bedside.conflicts.note(claimed, key, other, arrival_ms);
            }
        }
        // Shown on every tile: any of the patients may be the one who is measured.
        for other in others {
            if let Some(patient) = self.patients.get_mut(&other) {
                patient.bedside.conflicts.note(claimed, key, id, arrival_ms);
                patient.set_changed();
            }
        }
    }
}
