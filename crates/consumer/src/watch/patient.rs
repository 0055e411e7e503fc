//! One patient: the watch, and the messages that it includes.

use std::sync::Arc;

use vitals_core::domain::{
    bedside::{Claimed, valid_score},
    decode::Decoded,
    patient_context::PatientContext,
    watch::{AlertEvent, PatientWatch, StatusMessage, WatchSettings},
};

use super::{
    committed::Origin,
    publication::{Publication, ScoreKey},
    ward_inputs::{ArrivedAction, ArrivedContext},
};

/// A device or bed that readings of two patients have named.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conflict<'a> {
    pub(super) claimed: Claimed,
    pub(super) key: &'a str,
    pub(super) arrival_ms: i64,
}

/// A watched patient.
pub(super) struct WatchedPatient {
    watch: PatientWatch,
    /// The readings before this offset are part of the restored state.
    restored_to: i64,
    /// Partition of the actions, and the offset after the last one that the watch includes.
    next_action: Option<(i32, i64)>,
    watched_since_ms: i64,
    /// The lead of this process's clock over the arrival times of the patient's readings, ms.
    /// `None` until a reading arrives.
    clock_lead_ms: Option<i64>,
    pub(super) publication: Publication,
}

impl WatchedPatient {
    /// A patient of whom nothing is known, whose first reading arrived at `arrival_ms`.
    pub(super) fn new(id: &str, settings: Arc<WatchSettings>, arrival_ms: i64) -> Self {
        Self {
            watch: PatientWatch::new(id, settings),
            restored_to: 0,
            next_action: None,
            watched_since_ms: arrival_ms,
            clock_lead_ms: None,
            publication: Publication::new(None),
        }
    }

    /// The patient of a state that was published before. It is published again, under the new
    /// assignment.
    pub(super) fn restore(message: StatusMessage, settings: Arc<WatchSettings>) -> Self {
        let StatusMessage { next_offset, next_action, watched_since_ms, status, .. } = message;
        let mut patient = Self {
            watch: PatientWatch::restore(status, settings),
            restored_to: next_offset,
            next_action,
            watched_since_ms,
            clock_lead_ms: None,
            publication: Publication::new(None),
        };
        let published = (patient.score_key(), patient.last_arrival_ms());
        patient.publication = Publication::new(Some(published));
        patient
    }

    /// Continues in another partition, whose offsets are others.
    pub(super) fn move_to_partition(&mut self) {
        self.restored_to = 0;
        self.publication.move_to_partition();
    }

    /// Forgets which actions the watch includes: it is behind the state that included them.
    pub(super) const fn forget_actions(&mut self) {
        self.next_action = None;
    }

    /// Returns true if the watch includes the reading at `offset`.
    pub(super) const fn includes(&self, offset: i64) -> bool {
        offset < self.restored_to
    }

    /// Judges the reading at `offset`, which arrived at `arrival_ms`.
    pub(super) fn judge(
        &mut self,
        decoded: &Decoded<'_>,
        offset: i64,
        arrival_ms: i64,
        out: &mut Vec<AlertEvent>,
    ) {
        self.publication.note_reading(offset);
        self.watch.apply_reading(decoded, arrival_ms, out);
    }

    /// Notes that this process's clock is ahead of the arrival times: those of a topic whose
    /// producers set the time. With the broker's time, `lead_ms` is 0.
    pub(super) const fn set_clock_lead(&mut self, lead_ms: i64) {
        self.clock_lead_ms = Some(lead_ms);
    }

    /// Judges the passing of time up to `clock_ms`. `default_lead_ms` is the clock's lead over a
    /// patient without a reading so far; without it, time stands still.
    pub(super) fn advance(
        &mut self,
        clock_ms: i64,
        default_lead_ms: Option<i64>,
        out: &mut Vec<AlertEvent>,
    ) {
        let Some(lead_ms) = self.clock_lead_ms.or(default_lead_ms) else { return };
        let now_ms = clock_ms.saturating_sub(lead_ms);
        if self.watch.next_deadline_ms().is_some_and(|due_ms| due_ms <= now_ms) {
            self.watch.advance(now_ms, out);
        }
    }

    /// Continues at `clock_ms` if the patient's time is far ahead of it. Returns true if it was. The
    /// times of a topic whose producers set them do not follow the clock that was set back. See
    /// [`advance`](Self::advance) for the lead.
    pub(super) fn set_back(&mut self, clock_ms: i64, default_lead_ms: Option<i64>) -> bool {
        let lead_ms = self.clock_lead_ms.or(default_lead_ms);
        let is_back = lead_ms == Some(0) && self.watch.set_back(clock_ms);
        if is_back {
            self.publication.set_changed();
        }
        is_back
    }

    /// Applies the context, unless the watch has it.
    pub(super) fn apply_context(
        &mut self,
        arrived: Option<&ArrivedContext>,
        out: &mut Vec<AlertEvent>,
    ) {
        let context: Option<&PatientContext> = arrived.map(|arrived| &arrived.context);
        if self.watch.bedside().context() == context {
            return;
        }
        let known_ms = self.watch.last_arrival_ms().unwrap_or(self.watched_since_ms);
        let arrival_ms = arrived.map_or(known_ms, |arrived| arrived.arrival_ms);
        self.watch.apply_context(context, arrival_ms, out);
        self.publication.set_changed();
    }

    /// Applies an action, unless the watch includes it.
    pub(super) fn apply_action(&mut self, arrived: &ArrivedAction, out: &mut Vec<AlertEvent>) {
        let ArrivedAction { partition, offset, arrival_ms, action, .. } = arrived;
        let known = self.next_action;
        if known.is_some_and(|(known, next)| known == *partition && *offset < next) {
            return;
        }
        self.next_action = Some((*partition, offset + 1));
        self.watch.apply_action(action, *arrival_ms, out);
        self.publication.set_changed();
    }

    /// Forgets the position among the actions if the topic ends before it: it was created again.
    pub(super) fn check_actions(&mut self, end: impl Fn(i32) -> i64) {
        self.next_action.take_if(|(partition, next)| *next > end(*partition));
    }

    /// Notes that another patient's reading at `offset` named the same device or bed.
    pub(super) fn note_conflict(
        &mut self,
        conflict: &Conflict<'_>,
        other: &str,
        offset: i64,
        out: &mut Vec<AlertEvent>,
    ) {
        let Conflict { claimed, key, arrival_ms } = *conflict;
        self.publication.note_reading(offset);
        self.watch.note_conflict(claimed, key, other, arrival_ms, out);
    }

    /// Returns true if the state has to be published, at least every `interval_ms`.
    pub(super) fn is_due(&self, interval_ms: i64) -> bool {
        self.publication.is_due(self.score_key(), self.last_arrival_ms(), interval_ms)
    }

    /// The state to publish. It includes every message of `partition` before `next_offset`, and
    /// those before the restored one.
    pub(super) fn message(
        &self,
        partition: i32,
        origin: &Origin,
        next_offset: i64,
    ) -> StatusMessage {
        let Origin { log, owner } = origin.clone();
        StatusMessage {
            partition,
            log,
            owner,
            next_offset: next_offset.max(self.restored_to),
            next_action: self.next_action,
            watched_since_ms: self.watched_since_ms,
            status: self.watch.status(),
        }
    }

    /// Notes that the state was published, which happens at least every `interval_ms`.
    pub(super) fn set_published(&mut self, interval_ms: i64) {
        let (score, arrival_ms) = (self.score_key(), self.last_arrival_ms());
        self.publication.set_published(self.watch.patient_id(), score, arrival_ms, interval_ms);
    }

    /// Ends all alarms of a patient who has left.
    pub(super) fn leave(&mut self, out: &mut Vec<AlertEvent>) {
        self.watch.leave(out);
    }

    /// Number of alarms that are listed.
    pub(super) fn alarms(&self) -> usize {
        self.watch.alarm_count()
    }

    /// Returns true if the alarm of an occurrence is listed.
    pub(super) fn has_alarm(&self, occurrence_id: &str) -> bool {
        self.watch.alarms().iter().any(|alarm| alarm.occurrence.id == occurrence_id)
    }

    /// Arrival of the last reading.
    pub(super) fn last_arrival_ms(&self) -> i64 {
        self.watch.last_arrival_ms().unwrap_or(self.watched_since_ms)
    }

    /// Returns true if the patient has left, or was silent since before `time_ms`. See
    /// [`advance`](Self::advance) for the lead.
    pub(super) fn has_left(&self, time_ms: i64, default_lead_ms: Option<i64>) -> bool {
        let lead_ms = self.clock_lead_ms.or(default_lead_ms);
        self.watch.is_discharged()
            || lead_ms
                .is_some_and(|lead_ms| self.last_arrival_ms().saturating_add(lead_ms) < time_ms)
    }

    fn score_key(&self) -> ScoreKey {
        let score = valid_score(self.watch.bedside(), self.last_arrival_ms());
        let shown = self.watch.shown_band();
        score.map_or((None, 0, None, shown), |score| {
            (score.total(), score.partial(), score.certain_band(), shown)
        })
    }
}
