//! Acknowledgement, silence and escalation.

use super::{
    action::{Act, MAX_SILENCE_MS, WardAction},
    event::{AlertEvent, AlertKind},
    occurrence::{Acknowledgement, Occurrence, Silence},
    patient_watch::PatientWatch,
    rule::Rule,
};
use crate::domain::patient_context::PatientContext;

impl PatientWatch {
    /// Applies an action that arrived at `arrival_ms`. An action on an unknown occurrence, or one
    /// that was applied before, has no effect.
    ///
    /// Actions do not advance time: they come from another topic, and readings from before them may
    /// still be on their way.
    pub fn apply_action(
        &mut self,
        action: &WardAction,
        arrival_ms: i64,
        out: &mut Vec<AlertEvent>,
    ) {
        let stay_from_ms = self.state.bedside.context().and_then(PatientContext::stay_from_ms);
        let is_of_earlier_stay = stay_from_ms.is_some_and(|from_ms| action.at_ms < from_ms);
        if action.patient_id != self.patient_id || is_of_earlier_stay {
            return;
        }
        match &action.act {
            Act::Acknowledge { occurrence_id } => {
                self.acknowledge(occurrence_id, action, arrival_ms, out);
            }
            Act::Silence { rule, until_ms } => {
                self.silence(*rule, *until_ms, action, arrival_ms, out);
            }
            Act::Unsilence { rule } => {
                if self.state.silences.remove(rule).is_some() {
                    self.push(*rule, AlertKind::SilenceEnded, action, arrival_ms, out);
                }
            }
            Act::Note { occurrence_id, text } => {
                let Some(occurrence) = self.occurrence(occurrence_id) else { return };
                let mut event = self.event(occurrence, AlertKind::Noted, arrival_ms);
                event.by = Some(action.by.clone());
                event.note = Some(text.clone());
                out.push(event);
            }
        }
    }

    fn acknowledge(
        &mut self,
        id: &str,
        action: &WardAction,
        arrival_ms: i64,
        out: &mut Vec<AlertEvent>,
    ) {
        let seen = Acknowledgement { by: action.by.clone(), at_ms: action.at_ms };
        // An occurrence that has ended is done with.
        let listed = self.state.listed.iter().position(|known| known.id == id);
        let occurrence = if let Some(index) = listed {
            let mut ended = self.state.listed.remove(index);
            ended.acknowledged = Some(seen);
            ended
        } else {
            let under_way =
                self.state.trackers.values_mut().filter_map(|tracker| tracker.active.as_mut());
            let Some(occurrence) =
                under_way.into_iter().find(|known| known.id == id && known.acknowledged.is_none())
            else {
                return;
            };
            occurrence.acknowledged = Some(seen);
            occurrence.clone()
        };
        let mut event = self.event(&occurrence, AlertKind::Acknowledged, arrival_ms);
        event.by = Some(action.by.clone());
        out.push(event);
    }

    fn silence(
        &mut self,
        rule: Rule,
        until_ms: i64,
        action: &WardAction,
        arrival_ms: i64,
        out: &mut Vec<AlertEvent>,
    ) {
        // A clock ahead must not stretch the silence beyond the longest one, nor rank its action
        // behind all later ones.
        let at_ms = action.at_ms.min(arrival_ms);
        let until_ms = until_ms.min(arrival_ms.saturating_add(MAX_SILENCE_MS));
        // Already over, or applied before.
        let known = self.state.silences.get(&rule);
        let is_newer = known.is_none_or(|known| known.at_ms < at_ms);
        if until_ms <= self.state.now_ms.max(arrival_ms) || !is_newer {
            return;
        }
        let priority = self.active(rule).map(|occurrence| occurrence.priority);
        let by = action.by.clone();
        let silence = Silence { rule, by, at_ms, until_ms, priority };
        self.state.silences.insert(rule, silence);
        self.push(rule, AlertKind::Silenced, action, arrival_ms, out);
    }

    /// An event of the occurrence of `rule`, if one is under way.
    fn push(
        &self,
        rule: Rule,
        kind: AlertKind,
        action: &WardAction,
        at_ms: i64,
        out: &mut Vec<AlertEvent>,
    ) {
        if let Some(occurrence) = self.active(rule) {
            let mut event = self.event(occurrence, kind, at_ms);
            event.by = Some(action.by.clone());
            out.push(event);
        }
    }

    fn occurrence(&self, id: &str) -> Option<&Occurrence> {
        let under_way = self.state.trackers.values().filter_map(|tracker| tracker.active.as_ref());
        under_way.chain(&self.state.listed).find(|known| known.id == id)
    }

    /// Ends the silences whose time is over.
    pub(super) fn end_silences(&mut self, out: &mut Vec<AlertEvent>) {
        let now_ms = self.state.now_ms;
        let over = self.state.silences.values().filter(|silence| silence.until_ms <= now_ms);
        for rule in over.map(|silence| silence.rule).collect::<Vec<_>>() {
            self.state.silences.remove(&rule);
            if let Some(occurrence) = self.active(rule) {
                out.push(self.event(occurrence, AlertKind::SilenceEnded, now_ms));
            }
        }
    }

    /// Time at which the occurrence of `rule` escalates, unless it is acknowledged before.
    pub(super) fn escalates_ms(&self, rule: Rule) -> Option<i64> {
        let silence = self.state.silences.get(&rule);
        self.active(rule)?.escalates_ms(self.settings.signals.escalate_after_ms, silence)
    }

    /// Escalates the high occurrences that nobody has acknowledged in time.
    pub(super) fn escalate(&mut self, out: &mut Vec<AlertEvent>) {
        let now_ms = self.state.now_ms;
        let due = self.state.trackers.keys().copied();
        let due: Vec<_> = due
            .filter(|rule| self.escalates_ms(*rule).is_some_and(|due_ms| due_ms <= now_ms))
            .collect();
        for rule in due {
            let tracker = self.state.trackers.get_mut(&rule);
            if let Some(occurrence) = tracker.and_then(|tracker| tracker.active.as_mut()) {
                occurrence.escalated_ms = Some(now_ms);
            }
            if let Some(occurrence) = self.active(rule) {
                out.push(self.event(occurrence, AlertKind::Escalated, now_ms));
            }
        }
    }

    /// Ends all alarms of a patient who leaves the watch.
    pub fn leave(&mut self, out: &mut Vec<AlertEvent>) {
        self.end_stay(i64::MAX, self.state.now_ms, out);
    }

    /// Ends all alarms from before a new stay, which began at `from_ms`.
    pub(super) fn end_stay(&mut self, from_ms: i64, at_ms: i64, out: &mut Vec<AlertEvent>) {
        for rule in self.state.trackers.keys().copied().collect::<Vec<_>>() {
            if self.active(rule).is_some_and(|occurrence| occurrence.onset_ms < from_ms) {
                self.clear(rule, at_ms, out);
                self.state.trackers.remove(&rule);
            }
        }
        // Conditions without an alarm start anew: their delays began in the former stay.
        self.state.trackers.retain(|_, tracker| tracker.active.is_some());
        self.state.listed.retain(|occurrence| occurrence.onset_ms >= from_ms);
        self.state.silences.retain(|_, silence| silence.at_ms >= from_ms);
        if self.state.first_ms.is_some_and(|first_ms| first_ms < from_ms) {
            // The values of the former stay are no baseline for the new one.
            self.state.first_ms = None;
            self.state.stuck = Default::default();
            self.state.baselines = Default::default();
        }
    }
}
