//! The partitions that this instance watches, and the patients who move between partitions.
//!
//! Producers place a patient's readings by a hash over the number of partitions. With more
//! partitions a patient's readings continue in another one, and so does the watch: the partition of
//! the newest reading takes over the state, with alarms and acknowledgements.

use std::{collections::BTreeMap, sync::Arc};

use rdkafka::{Message as _, message::BorrowedMessage};

use super::{
    home::{Home, Recency},
    partition::PartitionWatch,
    patient::WatchedPatient,
    publisher::Publisher,
    received::Received,
    status_log::{Arrived, StatusLog},
    ward_inputs::WardInputs,
};

/// The watched partitions of this instance.
#[derive(Default)]
pub(super) struct Ward {
    pub(super) partitions: BTreeMap<i32, PartitionWatch>,
    /// Absent until the first partitions are restored.
    statuses: Option<StatusLog>,
}

/// A patient whom a partition does not know.
enum Newcomer {
    /// No partition watches the patient.
    New,
    /// Another partition watched the patient until now.
    Moved(Box<WatchedPatient>),
    /// The patient has moved on to another partition, which includes later readings.
    MovedOn,
}

impl Ward {
    /// Follows the states that arrive after those of `statuses`, unless it follows them already: a
    /// later log would skip what has arrived since the last comparison.
    pub(super) fn follow(&mut self, statuses: StatusLog) {
        self.statuses.get_or_insert(statuses);
    }

    /// The newest state of patient `id`.
    pub(super) fn home(&self, id: &str) -> Option<&Home> {
        self.statuses.as_ref()?.home(id)
    }

    /// Adds a restored partition. Patients who are watched in another one, too, stay in the one
    /// with the later reading.
    pub(super) fn add(
        &mut self,
        mut partition: PartitionWatch,
        inputs: &WardInputs,
        publisher: &Publisher,
    ) -> anyhow::Result<()> {
        for id in partition.patients.keys().cloned().collect::<Vec<_>>() {
            let Some(other) = self.partitions.values_mut().find(|it| it.knows(&id)) else {
                continue;
            };
            if other.recency(&id) > partition.recency(&id) {
                partition.release(&id);
            } else {
                other.release(&id);
            }
        }
        partition.catch_up(inputs, publisher)?;
        self.partitions.insert(partition.id, partition);
        Ok(())
    }

    /// Judges a message. Returns false if its partition was revoked: it is on its way to the next
    /// owner.
    pub(super) fn judge(
        &mut self,
        message: &BorrowedMessage<'_>,
        inputs: &WardInputs,
        publisher: &Publisher,
    ) -> anyhow::Result<bool> {
        let id = message.partition();
        let Some(partition) = self.partitions.get_mut(&id) else { return Ok(false) };
        let Some(received) = partition.receive(message) else { return Ok(true) };
        if partition.knows(received.patient_id()) {
            partition.judge(&received, inputs, publisher)?;
            return Ok(true);
        }
        let newcomer = self.newcomer(id, &received)?;
        let Some(partition) = self.partitions.get_mut(&id) else { return Ok(false) };
        match newcomer {
            Newcomer::MovedOn => return Ok(true),
            Newcomer::Moved(mut patient) => {
                patient.move_to_partition();
                partition.admit(received.patient_id(), *patient, inputs, publisher)?;
            }
            Newcomer::New => {}
        }
        partition.judge(&received, inputs, publisher)?;
        Ok(true)
    }

    fn newcomer(&mut self, partition: i32, received: &Received<'_>) -> anyhow::Result<Newcomer> {
        let id = received.patient_id();
        let recency = Recency { arrival_ms: received.arrival_ms, partition };
        for other in self.partitions.values_mut() {
            let Some(known) = other.recency(id) else { continue };
            if recency < known {
                return Ok(Newcomer::MovedOn);
            }
            return Ok(other.release(id).map_or(Newcomer::New, |it| Newcomer::Moved(it.into())));
        }
        let Some(statuses) = &mut self.statuses else { return Ok(Newcomer::New) };
        let Some(known) = statuses.home(id).map(Home::recency) else { return Ok(Newcomer::New) };
        // A partition of this instance has forgotten the patient, or has the state of a former log.
        if known.partition == partition || self.partitions.contains_key(&known.partition) {
            return Ok(Newcomer::New);
        }
        if recency < known {
            return Ok(Newcomer::MovedOn);
        }
        let Some(state) = statuses.fetch(id)? else { return Ok(Newcomer::New) };
        let rules = self.partitions.values().next().map(|it| Arc::clone(&it.settings.rules));
        let moved = rules.map(|rules| WatchedPatient::restore(state, rules));
        Ok(moved.map_or(Newcomer::New, |it| Newcomer::Moved(it.into())))
    }

    /// Judges the passing of time.
    pub(super) fn advance(
        &mut self,
        inputs: &WardInputs,
        publisher: &Publisher,
    ) -> anyhow::Result<()> {
        for partition in self.partitions.values_mut() {
            partition.advance(inputs, publisher)?;
        }
        self.end_ghosts(publisher)
    }

    /// Compares the states that have arrived with those of the watched patients.
    pub(super) fn compare_states(&mut self, publisher: &Publisher) -> anyhow::Result<()> {
        let Some(statuses) = &mut self.statuses else { return Ok(()) };
        for Arrived { patient_id, home } in statuses.poll() {
            match home {
                Some(home) => self.compare(&patient_id, &home, publisher)?,
                // Another instance has forgotten a patient whom this one watches.
                None => {
                    self.partitions.values_mut().for_each(|it| it.publish_again(&patient_id));
                }
            }
        }
        Ok(())
    }

    fn compare(&mut self, id: &str, home: &Home, publisher: &Publisher) -> anyhow::Result<()> {
        for partition in self.partitions.values_mut() {
            let is_home = partition.id == home.partition;
            let is_own = is_home && partition.origin.owner == home.owner;
            match partition.recency(id) {
                _ if is_own => {}
                // The patient's readings are in another partition now.
                Some(known) if !is_home && home.recency() > known => {
                    partition.release(id);
                }
                // By an instance that no longer owns the partition.
                Some(_) => partition.publish_again(id),
                None if is_home => partition.withdraw(id, home.next_offset, publisher)?,
                None => {}
            }
        }
        Ok(())
    }
}
