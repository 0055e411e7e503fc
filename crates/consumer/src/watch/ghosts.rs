//! The patients of logs that no longer exist, and former states that were read too late.
//!
//! Their states outlive a topic that was created again. The watch judges the new log from its
//! beginning, and ends at its end the former alarms that the new log does not have. So it does with
//! the alarms of a patient who moved and was watched without the former state.

use std::collections::HashSet;

use super::{partition::PartitionWatch, patient::WatchedPatient, publisher::Publisher, ward::Ward};

impl PartitionWatch {
    /// Returns true if the log was read to its end, and still has the patients of a former log.
    fn has_outlived_ghosts(&self) -> bool {
        let has_read_all = self.was_at_end && self.next_offset >= self.start.judge_from;
        has_read_all && !self.ghosts.is_empty()
    }
}

impl Ward {
    /// Ends the alarms of logs that no longer exist, and removes the states of their patients. The
    /// alarms and the patients that a present log has too are left to it.
    pub(super) fn end_ghosts(&mut self, publisher: &Publisher) -> anyhow::Result<()> {
        let over = self.partitions.values().filter(|partition| partition.has_outlived_ghosts());
        let over: Vec<i32> = over.map(|partition| partition.id).collect();
        for id in over {
            let Some(partition) = self.partitions.get_mut(&id) else { continue };
            let ghosts = std::mem::take(&mut partition.ghosts);
            let judged = std::mem::take(&mut partition.judged);
            tracing::info!(
                kafka.partition = id,
                patients = ghosts.len(),
                "ended the alarms of former states"
            );
            for (patient, ghost) in ghosts {
                self.end_ghost(id, &patient, ghost, &judged, publisher)?;
            }
        }
        Ok(())
    }

    /// Returns true if another instance has taken the state of a patient over, with its alarms: the
    /// topic was created again with more partitions, and the patient's readings are in one of that
    /// instance.
    fn is_watched_elsewhere(&self, partition: i32, id: &str) -> bool {
        let Some(home) = self.home(id).filter(|home| home.partition != partition) else {
            return false;
        };
        // With later readings, this partition's own state is only not on the topic yet.
        let present = self.partitions.get(&partition).and_then(|it| it.recency(id));
        let is_former = present.is_some_and(|present| present > home.recency());
        !is_former && !self.partitions.contains_key(&home.partition)
    }

    fn end_ghost(
        &mut self,
        partition: i32,
        id: &str,
        mut ghost: WatchedPatient,
        judged: &HashSet<String>,
        publisher: &Publisher,
    ) -> anyhow::Result<()> {
        if self.is_watched_elsewhere(partition, id) {
            return Ok(());
        }
        let present = self.partitions.values().find_map(|it| it.patients.get(id));
        let is_gone = present.is_none();
        let mut events = Vec::new();
        ghost.leave(&mut events);
        events.retain(|event| {
            let occurrence = &event.occurrence_id;
            !judged.contains(occurrence)
                && present.is_none_or(|present| !present.has_alarm(occurrence))
        });
        let at_ms = events.first().map_or(0, |event| event.at_ms);
        let Some(partition) = self.partitions.get_mut(&partition) else { return Ok(()) };
        let last_alert = partition.publish(&events, at_ms, publisher)?;
        if is_gone {
            partition.remove_state(id, last_alert);
        }
        Ok(())
    }
}
