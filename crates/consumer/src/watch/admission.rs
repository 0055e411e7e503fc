//! Patients whom a partition does not know: new ones, and those who come from another partition.
//!
//! The state of a patient whom another instance has watched is on `patient-status`. While it is read,
//! the patient's readings are held back, and those of others are judged.

use std::{sync::Arc, time::Instant};

use vitals_core::domain::watch::StatusMessage;

use super::{
    held_reading::HeldReading,
    home::{Home, Recency},
    patient::WatchedPatient,
    publisher::Publisher,
    received::Received,
    state_requests::{Request, Response},
    ward::Ward,
    ward_inputs::WardInputs,
};

/// A patient whom a partition does not know.
enum Newcomer {
    /// No partition watches the patient.
    New,
    /// Another partition of this instance watched the patient until now.
    Moved(Box<WatchedPatient>),
    /// Another instance watched the patient until now. The state was requested.
    Awaited,
    /// The patient has moved on to another partition, which includes later readings.
    MovedOn,
}

impl Ward {
    /// Judges a reading of partition `id`, or holds it back until the state of its patient was read.
    pub(super) fn judge_reading(
        &mut self,
        id: i32,
        received: &Received<'_>,
        inputs: &WardInputs,
        publisher: &Publisher,
    ) -> anyhow::Result<()> {
        let patient_id = received.patient_id();
        if self.newcomers.contains(patient_id) {
            self.newcomers.hold(id, received, Instant::now());
            return Ok(());
        }
        let is_known = self.partitions.get(&id).is_some_and(|it| it.knows(patient_id));
        if !is_known && !self.admit(id, received, inputs, publisher)? {
            return Ok(());
        }
        match self.partitions.get_mut(&id) {
            Some(partition) => partition.judge(received, publisher),
            None => Ok(()),
        }
    }

    /// Watches the patient of a reading in partition `id` from now on. Returns false if the reading
    /// is not judged there, or not yet.
    fn admit(
        &mut self,
        id: i32,
        received: &Received<'_>,
        inputs: &WardInputs,
        publisher: &Publisher,
    ) -> anyhow::Result<bool> {
        let patient_id = received.patient_id();
        let newcomer = self.newcomer(id, received);
        let Some(partition) = self.partitions.get_mut(&id) else { return Ok(false) };
        let patient = match newcomer {
            Newcomer::MovedOn => {
                partition.end_orphans(patient_id, publisher)?;
                return Ok(false);
            }
            Newcomer::Awaited => {
                self.newcomers.hold(id, received, Instant::now());
                return Ok(false);
            }
            Newcomer::Moved(mut patient) => {
                self.moves += 1;
                patient.move_to_partition();
                *patient
            }
            Newcomer::New => {
                let rules = Arc::clone(&partition.settings.rules);
                WatchedPatient::new(patient_id, rules, received.arrival_ms)
            }
        };
        partition.admit(patient_id, patient, inputs, publisher)?;
        Ok(true)
    }

    fn newcomer(&mut self, partition: i32, received: &Received<'_>) -> Newcomer {
        let id = received.patient_id();
        let recency = Recency { arrival_ms: received.arrival_ms, partition };
        for other in self.partitions.values_mut() {
            let Some(known) = other.recency(id) else { continue };
            if recency < known {
                return Newcomer::MovedOn;
            }
            return other.release(id).map_or(Newcomer::New, |it| Newcomer::Moved(it.into()));
        }
        let Some(statuses) = &self.statuses else { return Newcomer::New };
        let Some(known) = statuses.home(id).map(Home::recency) else { return Newcomer::New };
        // A partition of this instance has forgotten the patient, or has the state of a former log.
        if known.partition == partition || self.partitions.contains_key(&known.partition) {
            return Newcomer::New;
        }
        if recency < known {
            return Newcomer::MovedOn;
        }
        statuses.request(id);
        Newcomer::Awaited
    }

    /// Watches the patients whose states have arrived, and those who can't wait any longer.
    ///
    /// # Errors
    /// If an alert can't be sent, or the requests have panicked.
    pub(super) fn admit_newcomers(
        &mut self,
        inputs: &WardInputs,
        publisher: &Publisher,
    ) -> anyhow::Result<()> {
        let Some(statuses) = &self.statuses else { return Ok(()) };
        for Response { request, outcome } in statuses.found()? {
            let id = request.patient_id.clone();
            match outcome {
                // Compaction has removed the state, because another one follows.
                Ok(None) if self.newcomers.contains(&id) && self.request_newer(&request) => {}
                Err(error) => {
                    if self.failure_log.is_new(&error) {
                        tracing::warn!(error, "failed to read the states of patients who moved");
                    }
                    self.newcomers.fail(&id);
                }
                Ok(state) if !self.newcomers.contains(&id) && self.newcomers.take_late(&id) => {
                    self.end_former(&id, state);
                }
                Ok(state) => self.end_wait(&id, state, inputs, publisher)?,
            }
        }
        let overdue = self.newcomers.give_up_waiting(Instant::now());
        if !overdue.is_empty() {
            let patients = overdue.len();
            tracing::warn!(patients, "patients who moved are watched without their former states");
        }
        for id in overdue {
            self.end_wait(&id, None, inputs, publisher)?;
        }
        if self.newcomers.unread() == 0 {
            self.failure_log.clear();
        }
        Ok(())
    }

    fn request_newer(&self, request: &Request) -> bool {
        self.statuses.as_ref().is_some_and(|statuses| statuses.request_newer(request))
    }

    /// Watches a patient who waited, from `state` on, and judges the readings that were held back.
    fn end_wait(
        &mut self,
        id: &str,
        state: Option<StatusMessage>,
        inputs: &WardInputs,
        publisher: &Publisher,
    ) -> anyhow::Result<()> {
        let readings = self.newcomers.take(id);
        // A partition with the patient may have been assigned meanwhile.
        let is_known = self.partitions.values().any(|it| it.knows(id));
        if let Some(HeldReading { partition, arrival_ms, .. }) = readings.first()
            && let Some(partition) = self.partitions.get_mut(partition).filter(|_| !is_known)
        {
            let rules = Arc::clone(&partition.settings.rules);
            let mut patient = match state {
                Some(state) => WatchedPatient::restore(state, rules),
                None => WatchedPatient::new(id, rules, *arrival_ms),
            };
            patient.move_to_partition();
            partition.admit(id, patient, inputs, publisher)?;
        }
        for reading in &readings {
            let Some(partition) = self.partitions.get(&reading.partition) else { continue };
            let options = partition.settings.options.clone();
            if let Some(received) = reading.received(&options) {
                self.judge_reading(reading.partition, &received, inputs, publisher)?;
            }
        }
        Ok(())
    }

    /// Ends the alarms of a former state that the present watch of the patient does not know.
    fn end_former(&mut self, id: &str, state: Option<StatusMessage>) {
        let Some(state) = state else { return };
        let present = self.partitions.values().find(|it| it.knows(id)).map(|it| it.id);
        let Some(partition) = present.or_else(|| self.partitions.keys().next().copied()) else {
            return;
        };
        if let Some(partition) = self.partitions.get_mut(&partition) {
            let rules = Arc::clone(&partition.settings.rules);
            partition.ghosts.insert(id.to_owned(), WatchedPatient::restore(state, rules));
        }
    }
}
