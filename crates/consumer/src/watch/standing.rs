//! The committed offset of a partition, and the standing of published states towards it.

use uuid::Uuid;
use vitals_core::domain::{offset_range::OffsetRange, watch::StatusMessage};

use super::{committed::Checkpoint, partition_settings::StartPosition};

/// The relation of a published state to the log and the assignment of the last commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Of this log. It includes every reading behind the committed offset that its patient's last
    /// state has to include.
    Live,
    /// Of this log, by an owner before the one that has committed: the state may include fewer
    /// readings than the one that it has replaced.
    Stale,
    /// Of a log that no longer exists.
    Ghost,
}

/// The committed offset of a partition.
#[derive(Debug, Clone)]
pub(super) struct Committed {
    pub(super) position: StartPosition,
    /// Absent if the log is new, and if another program has committed.
    pub(super) checkpoint: Option<Checkpoint>,
    /// The log has the committed offset, with the message before it.
    is_known: bool,
    /// The id of the log.
    pub(super) log: String,
    /// The offsets of the readings.
    pub(super) range: OffsetRange,
}

impl Committed {
    /// `offset` is the committed one with its checkpoint, if the log has it.
    pub(super) fn new(range: OffsetRange, offset: Option<(i64, Option<Checkpoint>)>) -> Self {
        let is_known = offset.is_some();
        // The first start judges everything that the topic has.
        let (offset, checkpoint) = offset.unwrap_or((range.start, None));
        let judge_from = offset.max(range.start);
        let read_from = checkpoint.as_ref().map_or(judge_from, |it| it.replay_from);
        let read_from = read_from.clamp(range.start, judge_from);
        let last = checkpoint.as_ref().and_then(Checkpoint::last);
        let position = StartPosition { read_from, judge_from, last };
        let log = checkpoint.as_ref().map_or_else(new_id, |it| it.log.clone());
        Self { position, checkpoint, is_known, log, range }
    }

    /// The standing of a state of this partition.
    pub(super) fn standing(&self, state: &StatusMessage) -> Standing {
        match &self.checkpoint {
            _ if !self.is_known => Standing::Ghost,
            Some(known) if state.log != known.log => Standing::Ghost,
            Some(known) if state.owner != known.owner && self.is_behind(state) => Standing::Stale,
            _ => Standing::Live,
        }
    }

    fn is_behind(&self, state: &StatusMessage) -> bool {
        state.next_offset < self.position.judge_from
    }

    /// Reads again what `state` does not include. Actions are applied again, too, so all alerts are
    /// read: those that follow from an action may be old.
    pub(super) fn replay_after(&mut self, state: &StatusMessage) {
        let from = state.next_offset.max(self.range.start);
        self.position.read_from = self.position.read_from.min(from);
        if let Some(checkpoint) = &mut self.checkpoint {
            checkpoint.alerts.clear();
        }
    }
}

/// An id for a log or an assignment.
pub(super) fn new_id() -> String {
    Uuid::now_v7().to_string()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use vitals_core::domain::watch::{PatientWatch, WatchSettings};

    use super::*;
    use crate::watch::committed::Origin;

    fn state(log: &str, owner: &str, next_offset: i64) -> StatusMessage {
        StatusMessage {
            partition: 0,
            log: log.to_owned(),
            owner: owner.to_owned(),
            next_offset,
            next_action: None,
            watched_since_ms: 0,
            status: PatientWatch::new("p", Arc::new(WatchSettings::default())).status(),
        }
    }

    /// Offset 50 of log `l`, committed by `o`, whose states include every reading before 40.
    fn committed() -> Committed {
        let origin = Origin { log: "l".to_owned(), owner: "o".to_owned() };
        let checkpoint = Checkpoint::new(40, BTreeMap::from([(0, 7)]), &origin, None);
        Committed::new(OffsetRange { start: 10, end: 90 }, Some((50, Some(checkpoint))))
    }

    #[test]
    fn a_state_is_judged_by_its_log_its_owner_and_its_offset() {
        let cases = [
            (state("l", "o", 20), Standing::Live),
            (state("l", "former", 49), Standing::Stale),
            // By an owner that has judged more than was committed, since or before.
            (state("l", "later", 50), Standing::Live),
            (state("former", "o", 60), Standing::Ghost),
            // Of an earlier release, in a log that this one has committed.
            (state("", "", 60), Standing::Ghost),
        ];
        for (state, standing) in cases {
            assert_eq!(committed().standing(&state), standing, "{state:?}");
        }
    }

    #[test]
    fn states_without_a_committed_offset_are_ghosts_and_those_of_another_program_are_live() {
        let range = OffsetRange { start: 10, end: 90 };
        let new = Committed::new(range, None);
        assert_eq!(new.standing(&state("l", "o", 20)), Standing::Ghost);
        assert_eq!((new.position.read_from, new.position.judge_from), (10, 10));
        // Its metadata is not a checkpoint.
        let reset = Committed::new(range, Some((50, None)));
        assert_eq!(reset.standing(&state("l", "o", 20)), Standing::Live);
        assert_eq!((reset.position.read_from, reset.position.judge_from), (50, 50));
        assert_ne!(new.log, reset.log);
    }

    #[test]
    fn an_outdated_state_moves_the_start_back_and_needs_all_alerts() {
        for (next_offset, read_from) in [(45, 40), (30, 30), (3, 10)] {
            let mut committed = committed();
            committed.replay_after(&state("l", "former", next_offset));
            assert_eq!(committed.position.read_from, read_from);
            assert_eq!(committed.position.judge_from, 50);
            assert_eq!(committed.checkpoint.unwrap().alerts, BTreeMap::new());
        }
    }

    #[test]
    fn a_log_is_read_from_the_first_offset_that_it_has() {
        let origin = Origin::default();
        let checkpoint = Checkpoint::new(3, BTreeMap::new(), &origin, None);
        let known = Some((5, Some(checkpoint)));
        let committed = Committed::new(OffsetRange { start: 10, end: 90 }, known);
        assert_eq!((committed.position.read_from, committed.position.judge_from), (10, 10));
    }
}
