//! One patient: the watch, and the messages that it includes.

use std::sync::Arc;

use vitals_core::domain::{
    bedside::{Claimed, assess},
    decode::Decoded,
    news2::Band,
    patient_context::PatientContext,
    watch::{AlertEvent, PatientWatch, StatusMessage, WatchSettings},
};

use super::{
    committed::Origin,
    ward_inputs::{ArrivedAction, ArrivedContext},
};

/// The part of the score whose change is published at once.
type ScoreKey = (Option<u8>, u8, Option<Band>, Option<Band>);

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
    /// The state that was published last: its score, and the last arrival.
    published: Option<(ScoreKey, i64)>,
    /// First reading since that state.
    first_unpublished: Option<i64>,
    /// An alarm or the context has changed since that state.
    changed: bool,
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
            published: None,
            first_unpublished: None,
            changed: true,
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
            published: None,
            first_unpublished: None,
            changed: true,
        };
        patient.published = Some((patient.score_key(), patient.last_arrival_ms()));
        patient
    }

    /// Continues in another partition, whose offsets are others.
    pub(super) fn move_to_partition(&mut self) {
        self.restored_to = 0;
        self.first_unpublished = None;
        self.changed = true;
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
        self.first_unpublished.get_or_insert(offset);
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
        self.changed = true;
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
        self.changed = true;
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
        self.first_unpublished.get_or_insert(offset);
        self.watch.note_conflict(claimed, key, other, arrival_ms, out);
    }

    /// Notes that an alarm has changed.
    pub(super) const fn set_changed(&mut self) {
        self.changed = true;
    }

    /// Returns true if the state has to be published: the score or an alarm has changed, or the
    /// last state is `interval_ms` older than the last reading.
    pub(super) fn is_due(&self, interval_ms: i64) -> bool {
        let Some((score, published_ms)) = self.published else { return true };
        let age_ms = self.last_arrival_ms().saturating_sub(published_ms);
        self.changed || age_ms >= interval_ms || score != self.score_key()
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

    /// Notes that the state was published.
    pub(super) fn set_published(&mut self) {
        self.published = Some((self.score_key(), self.last_arrival_ms()));
        self.first_unpublished = None;
        self.changed = false;
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

    /// The first reading that no published state includes.
    pub(super) const fn first_unpublished(&self) -> Option<i64> {
        self.first_unpublished
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
        let assessment = assess(self.watch.bedside(), self.last_arrival_ms());
        (assessment.total, assessment.partial, assessment.band, self.watch.shown_band())
    }
}
