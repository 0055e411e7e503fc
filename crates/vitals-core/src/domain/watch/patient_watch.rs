//! The watch of one patient: readings, context, actions and time in, transitions of alarms out.

use std::sync::Arc;

use super::{
    event::AlertEvent, limit_table::LimitTable, settings::WatchSettings, state::WatchState,
    status::PatientStatus, technical_rules::no_data_at_ms,
};
use crate::domain::{
    bedside::{Claimed, Patient},
    decode::Decoded,
    patient_context::PatientContext,
};

const DAY_MS: i64 = 86_400_000;

/// Time by which a message may arrive before an earlier one without a clock that was set back, ms:
/// brokers and producers differ by some seconds.
pub const MAX_SETBACK_MS: i64 = 60_000;

/// The watch of one patient. Time is the broker's: every verdict goes by arrival, so the same
/// messages give the same events, whenever they are read and however often
/// [`advance`](Self::advance) is called between them.
#[derive(Debug, Clone)]
pub struct PatientWatch {
    pub(super) patient_id: String,
    pub(super) settings: Arc<WatchSettings>,
    pub(super) limits: LimitTable,
    /// The day of `limits`: those of a child change with age.
    limits_day: i64,
    pub(super) state: WatchState,
}

impl PatientWatch {
    /// The watch of a patient of whom nothing is known.
    #[must_use]
    pub fn new(patient_id: impl Into<String>, settings: Arc<WatchSettings>) -> Self {
        Self::with_state(patient_id.into(), settings, WatchState::default())
    }

    /// The watch that published `status`: it goes on where that one stopped.
    #[must_use]
    pub fn restore(status: PatientStatus, settings: Arc<WatchSettings>) -> Self {
        Self::with_state(status.patient_id, settings, *status.state)
    }

    fn with_state(patient_id: String, settings: Arc<WatchSettings>, state: WatchState) -> Self {
        let limits = LimitTable::new(&settings, state.bedside.context(), state.now_ms);
        let limits_day = state.now_ms.div_euclid(DAY_MS);
        Self { patient_id, settings, limits, limits_day, state }
    }

    /// The patient.
    #[must_use]
    pub fn patient_id(&self) -> &str {
        &self.patient_id
    }

    /// The state at the bedside that is judged.
    #[must_use]
    pub const fn bedside(&self) -> &Patient {
        &self.state.bedside
    }

    /// Arrival of the last reading; `None` before the first.
    #[must_use]
    pub fn last_arrival_ms(&self) -> Option<i64> {
        Some(self.state.bedside.last_arrival_ms()).filter(|arrival_ms| *arrival_ms != i64::MIN)
    }

    /// Returns true if the patient has left: the watch can be dropped once its events are sent.
    #[must_use]
    pub fn is_discharged(&self) -> bool {
        self.state.bedside.context().is_some_and(|context| {
            context.is_discharged() && self.last_arrival_ms() <= context.discharged_ms
        })
    }

    /// Applies a reading that arrived at `arrival_ms`. Deadlines before it come first.
    pub fn apply_reading(
        &mut self,
        decoded: &Decoded<'_>,
        arrival_ms: i64,
        out: &mut Vec<AlertEvent>,
    ) {
        // A reading from before the admission belongs to an earlier stay.
        let stay_from_ms = self.state.bedside.context().and_then(PatientContext::stay_from_ms);
        if stay_from_ms.is_some_and(|from_ms| arrival_ms < from_ms) {
            return;
        }
        // A message may arrive with an earlier broker time than the one before.
        self.advance(arrival_ms, out);
        self.state.first_ms.get_or_insert(arrival_ms);
        let stamp = self.state.bedside.apply(decoded, arrival_ms);
        self.state.stuck.observe(&decoded.reading.vitals, stamp.device, arrival_ms);
        let WatchState { bedside, baselines, .. } = &mut self.state;
        // After the bedside state, because the baselines follow the values that count.
        baselines.observe(bedside, arrival_ms, &self.settings.anomalies);
        self.judge(out);
    }

    /// Replaces the context, or removes it. The alarms of an earlier stay end.
    ///
    /// Contexts do not advance time: they come from another topic, and readings from before them may
    /// still be on their way. The change is judged at `arrival_ms`, whenever time gets there.
    pub fn apply_context(
        &mut self,
        context: Option<&PatientContext>,
        arrival_ms: i64,
        out: &mut Vec<AlertEvent>,
    ) {
        let stay =
            |context: Option<&PatientContext>| context.and_then(PatientContext::stay_from_ms);
        let before_ms = stay(self.state.bedside.context());
        if let Some(from_ms) = stay(context).filter(|from_ms| Some(*from_ms) != before_ms) {
            self.end_stay(from_ms, arrival_ms, out);
        }
        self.state.bedside.set_context(context.cloned());
        self.renew_limits();
        if self.last_arrival_ms().is_some() {
            self.judge_context(arrival_ms, out);
        }
    }

    fn judge_context(&mut self, arrival_ms: i64, out: &mut Vec<AlertEvent>) {
        let now_ms = self.state.now_ms;
        if arrival_ms > now_ms {
            self.state.context_ms = Some(arrival_ms);
            return;
        }
        // Time has passed since, but without a verdict: the interval of `advance` has no effect.
        self.state.now_ms = self.state.judged_ms.map_or(now_ms, |ms| ms.max(arrival_ms));
        self.judge(out);
        self.advance(now_ms, out);
    }

    /// Notes that a reading of `other` named the same device or bed, at `arrival_ms`. The caller
    /// compares patients, with [`Claims`](crate::domain::bedside::Claims).
    pub fn note_conflict(
        &mut self,
        claimed: Claimed,
        key: &str,
        other: &str,
        arrival_ms: i64,
        out: &mut Vec<AlertEvent>,
    ) {
        self.advance(arrival_ms, out);
        self.state.bedside.conflicts.note(claimed, key, other, arrival_ms);
        self.judge(out);
    }

    /// Judges the passing of time up to `now_ms`. No message of the patient may arrive before it
    /// that has not been applied; otherwise a delay of the reader looks like a silent patient.
    pub fn advance(&mut self, now_ms: i64, out: &mut Vec<AlertEvent>) {
        // Each deadline is judged at its own time, so that the interval between calls has no effect.
        while let Some(deadline_ms) = self.next_deadline_ms().filter(|due_ms| *due_ms <= now_ms) {
            // A deadline that an action moved may be over already.
            self.state.now_ms = self.state.now_ms.max(deadline_ms);
            self.judge(out);
        }
        self.state.now_ms = self.state.now_ms.max(now_ms);
        if self.state.now_ms.div_euclid(DAY_MS) != self.limits_day {
            self.renew_limits();
        }
    }

    /// Continues at `now_ms` if time is further ahead than [`MAX_SETBACK_MS`]: the clock that set it
    /// was ahead, and was set back. Otherwise no delay would pass and no silence be noticed until that
    /// time has come. Returns true if time was set back.
    pub fn set_back(&mut self, now_ms: i64) -> bool {
        let is_ahead = self.state.now_ms.saturating_sub(now_ms) > MAX_SETBACK_MS;
        if is_ahead {
            self.state.cap_times(now_ms);
            self.renew_limits();
        }
        is_ahead
    }

    /// The next time at which [`advance`](Self::advance) has an effect.
    #[must_use]
    pub fn next_deadline_ms(&self) -> Option<i64> {
        let state = &self.state;
        let no_data = no_data_at_ms(&state.bedside, &self.settings.technical);
        let conflict = state.bedside.conflicts.end_ms();
        let silence = state.silences.values().map(|silence| silence.until_ms).min();
        let trackers = state.trackers.iter().filter_map(|(rule, tracker)| {
            let delays = self.delays(*rule);
            tracker.deadline_ms(&delays).into_iter().chain(self.escalates_ms(*rule)).min()
        });
        let times = [no_data, conflict, state.context_ms].into_iter().flatten();
        let ahead = times.filter(|due_ms| *due_ms > state.now_ms);
        ahead.chain(silence).chain(trackers).min()
    }

    fn renew_limits(&mut self) {
        let context = self.state.bedside.context();
        self.limits = LimitTable::new(&self.settings, context, self.state.now_ms);
        self.limits_day = self.state.now_ms.div_euclid(DAY_MS);
    }
}
