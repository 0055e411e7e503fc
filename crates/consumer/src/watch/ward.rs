//! The partitions that this instance watches, and the patients who move between partitions.
//!
//! Producers place a patient's readings by a hash over the number of partitions. With more
//! partitions a patient's readings continue in another one, and so does the watch: the partition of
//! the newest reading takes over the state, with alarms and acknowledgements.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use rdkafka::{Message as _, message::BorrowedMessage};

use super::{
    failure_log::FailureLog,
    home::Home,
    newcomers::Newcomers,
    partition::PartitionWatch,
    publisher::Publisher,
    status_log::{Arrived, StatusLog},
    ward_inputs::WardInputs,
};

/// The watched partitions of this instance.
#[derive(Default)]
pub(super) struct Ward {
    pub(super) partitions: BTreeMap<i32, PartitionWatch>,
    /// Absent until the first partitions are restored.
    pub(super) statuses: Option<StatusLog>,
    /// Patients who wait for a state.
    pub(super) newcomers: Newcomers,
    /// Number of times that a patient has moved from one partition of this instance to another.
    pub(super) moves: u64,
    /// Failures to read their states.
    pub(super) failure_log: FailureLog,
    /// The partitions whose timers the present tick has not judged so far.
    waiting: BTreeSet<i32>,
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
                self.moves += 1;
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
        self.judge_reading(id, &received, inputs, publisher)?;
        Ok(true)
    }

    /// Gives a partition up. Returns false if it was not watched.
    pub(super) fn remove(&mut self, id: i32) -> bool {
        self.newcomers.drop_partition(id);
        self.partitions.remove(&id).is_some()
    }

    /// Returns true if each partition has published the states before its place.
    pub(super) fn has_published(&mut self, places: &BTreeMap<i32, u64>) -> bool {
        let mut partitions = self.partitions.iter_mut();
        partitions.all(|(id, it)| places.get(id).is_none_or(|place| it.touched.has_passed(*place)))
    }

    /// Returns true if readings are held back: no offset may be committed.
    pub(super) fn holds_readings(&self) -> bool {
        self.newcomers.is_waiting()
    }

    /// Number of patients who moved, and whose state could not be read so far.
    pub(super) fn unread_states(&self) -> usize {
        self.newcomers.unread()
    }

    /// Returns true if the last tick has judged the timers of every partition.
    pub(super) fn has_advanced(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Begins a tick: [`advance`](Self::advance) judges the timers of every partition.
    pub(super) fn start_tick(&mut self) {
        self.waiting = self.partitions.keys().copied().collect();
    }

    /// Judges the passing of time, in one partition after another. At `until` the readings have their
    /// turn, and the next call goes on.
    pub(super) fn advance(
        &mut self,
        inputs: &WardInputs,
        publisher: &Publisher,
        until: Instant,
    ) -> anyhow::Result<()> {
        while let Some(id) = self.waiting.pop_first() {
            if let Some(partition) = self.partitions.get_mut(&id) {
                partition.advance(inputs, publisher)?;
            }
            if self.waiting.is_empty() {
                return self.end_ghosts(publisher);
            }
            if Instant::now() >= until {
                break;
            }
        }
        Ok(())
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

    /// Compares a state of patient `id`, by any instance, with the patients of this one.
    pub(super) fn compare(
        &mut self,
        id: &str,
        home: &Home,
        publisher: &Publisher,
    ) -> anyhow::Result<()> {
        let is_own = self.partitions.values().any(|it| it.origin.owner == home.owner);
        let mut is_former = false;
        for partition in self.partitions.values_mut() {
            let is_home = partition.id == home.partition;
            match partition.recency(id) {
                _ if is_home && partition.origin.owner == home.owner => {}
                // The patient's readings are in another partition now.
                Some(known) if !is_home && home.recency() > known => partition.hand_over(id),
                // By an instance that no longer owns the partition, or from whose partition the
                // patient's readings have moved.
                Some(_) => {
                    partition.publish_again(id);
                    is_former = !is_home && !is_own;
                }
                None if is_home => partition.withdraw(id, home.next_offset, publisher)?,
                None => {}
            }
        }
        // It may have alarms that were raised since this instance took the patient over.
        if let Some(statuses) = self.statuses.as_ref().filter(|_| is_former) {
            self.newcomers.expect_former(id);
            statuses.request_state(id, home);
        }
        Ok(())
    }
}
