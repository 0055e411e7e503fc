//! The patients of a partition who come from elsewhere, or who no longer belong to it.

use super::{
    home::Recency, partition::PartitionWatch, patient::WatchedPatient, publisher::Publisher,
    ward_inputs::WardInputs,
};

impl PartitionWatch {
    /// The recency of the watch of patient `id`; `None` if the patient is not watched here.
    pub(super) fn recency(&self, id: &str) -> Option<Recency> {
        let arrival_ms = self.patients.get(id)?.last_arrival_ms();
        Some(Recency { arrival_ms, partition: self.id })
    }

    /// Watches a patient from now on.
    pub(super) fn admit(
        &mut self,
        id: &str,
        patient: WatchedPatient,
        inputs: &WardInputs,
        publisher: &Publisher,
    ) -> anyhow::Result<()> {
        self.patients.insert(id.to_owned(), patient);
        self.left.remove(id);
        self.apply_inputs(id, inputs, publisher)
    }

    /// Gives a patient up whose readings are in another partition now. No alarm ends: the other
    /// partition's watch continues with them.
    pub(super) fn release(&mut self, id: &str) -> Option<WatchedPatient> {
        self.touched.remove(id);
        self.stale.remove(id);
        self.neighbours.forget(id);
        self.patients.remove(id)
    }

    /// Gives a patient up whom another instance watches. Alarms and other changes that no state has
    /// are published before: the other instance ends the alarms that it does not know, and publishes
    /// its own state again, upon which this one releases the patient.
    pub(super) fn hand_over(&mut self, id: &str) {
        let patient = self.patients.get(id);
        if patient.is_some_and(|patient| patient.publication.has_changed()) {
            self.touched.insert(id);
        } else {
            self.release(id);
        }
    }

    /// Publishes the state of patient `id` again: another instance has replaced it.
    pub(super) fn publish_again(&mut self, id: &str) {
        if let Some(patient) = self.patients.get_mut(id) {
            patient.publication.set_changed();
            self.touched.insert(id);
        }
    }

    /// Removes the state of a patient whom this partition has forgotten and another instance has
    /// published again. `next_offset` is the offset up to which it had read.
    pub(super) fn withdraw(
        &self,
        id: &str,
        next_offset: i64,
        publisher: &Publisher,
    ) -> anyhow::Result<()> {
        let has_read_on = self.at_end && self.next_offset >= next_offset;
        if has_read_on && !self.knows(id) && !self.ghosts.contains_key(id) {
            publisher.send_status(id, None)?;
        }
        Ok(())
    }
}
