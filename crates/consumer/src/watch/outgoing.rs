//! The messages that follow from a partition: alerts, states, and the offset to commit.

use std::sync::Arc;

use vitals_core::domain::watch::AlertEvent;

use super::{orphans::Orphans, partition::PartitionWatch, publisher::Publisher};
use crate::{
    failpoint::{self, Failpoint},
    metrics,
};

impl PartitionWatch {
    /// Sends alerts, except those that an earlier owner has sent. Returns the number of the last one;
    /// 0 if none was sent.
    pub(super) fn publish(
        &mut self,
        events: &[AlertEvent],
        arrival_ms: i64,
        publisher: &Publisher,
    ) -> anyhow::Result<u64> {
        let mut last = 0;
        for event in events {
            if !self.ghosts.is_empty() {
                self.judged.insert(event.occurrence_id.clone());
            }
            let is_published = self.published.contains(&event.id);
            if !is_published {
                failpoint::hit(Failpoint::BeforeAlert)?;
                let payload = serde_json::to_vec(event)?;
                last = publisher.send_alert(&event.patient_id, &payload, arrival_ms)?;
                metrics::count_alert(event.kind.name());
            }
            if let Some(patient) = self.patients.get_mut(&event.patient_id) {
                patient.publication.set_changed();
                if !is_published {
                    patient.publication.note_alert(last);
                }
                self.touched.insert(&event.patient_id);
            }
        }
        Ok(last)
    }

    /// Removes the patients who have left, with their alarms and their states on the topic, and an
    /// earlier owner's alerts once none of them can be sent again.
    pub(super) fn forget(&mut self, publisher: &Publisher) -> anyhow::Result<()> {
        if !self.published.is_empty() && self.takeover.is_over(self.read_time.ms()) {
            self.published = Arc::default();
            self.orphans = Orphans::new();
        }
        if !self.at_end {
            return Ok(());
        }
        let oldest_ms = self.read_time.ms().saturating_sub(self.settings.forget_after_ms);
        let patients = self.patients.iter();
        let left = patients.filter(|(_, patient)| patient.has_left(oldest_ms, self.lead_ms));
        for id in left.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            let mut events = Vec::new();
            if let Some(patient) = self.patients.get_mut(&id) {
                patient.leave(&mut events);
            }
            let at_ms = events.first().map_or(0, |event| event.at_ms);
            self.publish(&events, at_ms, publisher)?;
            let last_alert = self.patients.remove(&id).map_or(0, |it| it.publication.last_alert());
            self.neighbours.forget(&id);
            self.remove_state(&id, last_alert);
        }
        Ok(())
    }

    /// Removes the state of a patient who has left, once alert `last_alert` was delivered.
    pub(super) fn remove_state(&mut self, id: &str, last_alert: u64) {
        self.left.insert(id.to_owned(), last_alert);
        self.touched.insert(id);
    }

    /// Returns true if the states are up to the committed offset. Before that none is published,
    /// and no offset is committed: after a failure the next owner has to find the states outdated,
    /// too.
    fn is_up_to_date(&self) -> bool {
        self.stale.is_empty()
    }

    /// Returns true if a state may have to be published.
    pub(super) fn has_due_states(&self) -> bool {
        self.is_up_to_date() && !self.touched.is_empty()
    }

    /// Publishes the states that are due, while `has_time` is true. A state says that every alert of
    /// its patient was delivered: it waits for those, and the others behind it wait, too.
    pub(super) fn publish_states(
        &mut self,
        publisher: &Publisher,
        mut has_time: impl FnMut() -> bool,
    ) -> anyhow::Result<()> {
        if !self.is_up_to_date() {
            return Ok(());
        }
        let oldest_alert = publisher.oldest_alert();
        while has_time()
            && let Some(id) = self.touched.first()
        {
            let last_alert = match self.patients.get(id) {
                Some(patient) => patient.publication.last_alert(),
                None => self.left.get(id).copied().unwrap_or_default(),
            };
            if oldest_alert.is_some_and(|oldest| oldest <= last_alert) {
                return Ok(());
            }
            if let Some(id) = self.touched.take_first() {
                self.publish_state(&id, publisher)?;
            }
        }
        Ok(())
    }

    /// Publishes the state of patient `id` if it is due, or a tombstone if the patient has left.
    fn publish_state(&mut self, id: &str, publisher: &Publisher) -> anyhow::Result<()> {
        let has_left = self.left.remove(id).is_some();
        let Some(patient) = self.patients.get_mut(id) else {
            return if has_left { publisher.send_status(id, None) } else { Ok(()) };
        };
        let interval_ms = self.settings.status_interval_ms;
        if !patient.is_due(interval_ms) {
            return Ok(());
        }
        failpoint::hit(Failpoint::BeforeState)?;
        let message = patient.message(self.id, &self.origin, self.next_offset);
        publisher.send_status(id, Some(&serde_json::to_vec(&message)?))?;
        patient.set_published(interval_ms);
        metrics::count_watch_state();
        Ok(())
    }

    /// The offset to commit; `None` if it has not moved.
    pub(super) fn take_commit(&mut self) -> Option<i64> {
        let offset = self.next_offset.max(self.start.judge_from);
        if offset == self.committed || !self.is_up_to_date() {
            return None;
        }
        self.committed = offset;
        Some(offset)
    }

    /// Commits the offset again, though it has not moved.
    pub(super) fn forget_commit(&mut self) {
        self.committed = i64::MIN;
    }

    /// The first offset that a later owner has to read: no published state includes it, or it
    /// tells which devices and beds the patients use.
    pub(super) fn replay_from(&self) -> i64 {
        let patients = self.patients.values();
        let unpublished = patients.filter_map(|it| it.publication.first_unpublished());
        let first = self.window.first().unwrap_or(self.next_offset);
        unpublished.min().unwrap_or(first).min(first)
    }
}
