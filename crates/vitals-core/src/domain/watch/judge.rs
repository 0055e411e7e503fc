//! Verdicts to occurrences: every rule's tracker takes one step, and its transition is an event.

use super::{
    event::{AlertEvent, AlertKind},
    finding::{Finding, Verdicts},
    limit_rules,
    occurrence::Occurrence,
    patient_watch::PatientWatch,
    rule::{Priority, Rule, Side},
    score_rule,
    state::WatchState,
    technical_rules,
    tracker::{Delays, Tracker, Transition},
};
use crate::domain::vital::Vital;

/// Occurrences that stay listed after their end. Beyond it, the oldest is dropped.
const MAX_LISTED: usize = 32;

impl PatientWatch {
    /// Judges every rule at the present time.
    pub(super) fn judge(&mut self, out: &mut Vec<AlertEvent>) {
        let now_ms = self.state.now_ms;
        self.state.judged_ms = Some(now_ms);
        self.state.context_ms = None;
        self.state.bedside.conflicts.expire(now_ms);
        self.end_silences(out);
        let Verdicts { mut found, unknown } = self.verdicts(now_ms);
        // Rules whose condition is no longer true take their step, too.
        let tracked: Vec<Rule> = self.state.trackers.keys().copied().collect();
        for rule in tracked {
            match found.iter().position(|finding| finding.rule == rule) {
                Some(index) => {
                    let finding = found.swap_remove(index);
                    self.step(rule, Some(&finding), out);
                }
                // Without a valid value the condition is neither true nor false, so its delays
                // pause.
                None if unknown.contains(&rule) => {
                    if let Some(tracker) = self.state.trackers.get_mut(&rule) {
                        tracker.hold(now_ms);
                    }
                }
                None => self.step(rule, None, out),
            }
        }
        // In a fixed order, so that a replay gives the same events.
        found.sort_by_key(|finding| finding.rule);
        for finding in found {
            self.step(finding.rule, Some(&finding), out);
        }
        self.state.trackers.retain(|_, tracker| !tracker.is_idle());
        // Last, because an alarm that has just ended is not escalated.
        self.escalate(out);
    }

    fn verdicts(&self, now_ms: i64) -> Verdicts {
        let WatchState { bedside, trackers, stuck, baselines, .. } = &self.state;
        let mut verdicts = Verdicts::default();
        limit_rules::judge(
            bedside,
            &self.limits,
            |rule| trackers.get(&rule).and_then(Tracker::priority),
            &mut verdicts,
        );
        score_rule::judge(bedside, now_ms, &mut verdicts);
        technical_rules::judge(bedside, stuck, &self.settings.technical, now_ms, &mut verdicts);
        baselines.judge(&self.settings.anomalies, &mut verdicts);
        verdicts
    }

    /// One step of a rule's tracker.
    fn step(&mut self, rule: Rule, finding: Option<&Finding>, out: &mut Vec<AlertEvent>) {
        let now_ms = self.state.now_ms;
        let delays = self.delays(rule);
        let tracker = self.state.trackers.entry(rule).or_default();
        let transition = tracker.step(finding.map(|finding| finding.priority), &delays, now_ms);
        let devices = &self.state.bedside.devices;
        let device_id = finding.and_then(|finding| devices.get(finding.device?)?.id.as_deref());
        if let (Some(occurrence), Some(finding)) = (&mut tracker.active, finding) {
            update(occurrence, finding, device_id);
        }
        let kind = match (transition, finding) {
            (Some(Transition::Raise { priority, onset_ms }), Some(finding)) => {
                let mut occurrence = raise(&self.patient_id, finding, onset_ms, now_ms);
                occurrence.set_priority(priority, now_ms);
                occurrence.device_id = device_id.map(ToOwned::to_owned);
                tracker.active = Some(occurrence);
                // A silence does not cover an alarm of a higher priority than the one it was set
                // for.
                let silence = self.state.silences.get(&rule);
                if silence.is_some_and(|silence| silence.priority.is_some_and(|of| of < priority)) {
                    self.state.silences.remove(&rule);
                }
                AlertKind::Raised
            }
            (Some(Transition::Change(priority)), _) => {
                if let Some(occurrence) = &mut tracker.active {
                    // A silence was for the lower priority.
                    if priority > occurrence.priority {
                        self.state.silences.remove(&rule);
                    }
                    occurrence.set_priority(priority, now_ms);
                }
                AlertKind::Changed
            }
            (Some(Transition::Clear), _) => return self.clear(rule, now_ms, out),
            _ => return,
        };
        if let Some(occurrence) = self.active(rule) {
            out.push(self.event(occurrence, kind, now_ms));
        }
    }

    /// Ends the occurrence of `rule`. A high one that nobody has acknowledged stays listed.
    pub(super) fn clear(&mut self, rule: Rule, at_ms: i64, out: &mut Vec<AlertEvent>) {
        let tracker = self.state.trackers.get_mut(&rule);
        let Some(mut occurrence) = tracker.and_then(|tracker| tracker.active.take()) else {
            return;
        };
        occurrence.cleared_ms = Some(at_ms);
        out.push(self.event(&occurrence, AlertKind::Cleared, at_ms));
        // The patient may have recovered unseen, so a person has to look at it.
        if occurrence.latches() {
            self.state.listed.push(occurrence);
            if self.state.listed.len() > MAX_LISTED {
                self.state.listed.remove(0);
            }
        }
    }

    /// The occurrence of `rule` under way.
    pub(super) fn active(&self, rule: Rule) -> Option<&Occurrence> {
        self.state.trackers.get(&rule)?.active.as_ref()
    }

    /// The event of a transition, with place and silence.
    pub(super) fn event(&self, occurrence: &Occurrence, kind: AlertKind, at_ms: i64) -> AlertEvent {
        let silence = self.state.silences.get(&occurrence.rule);
        let (ward, bed) = self.place();
        AlertEvent {
            ward,
            bed,
            silenced_until_ms: silence.map(|silence| silence.until_ms),
            ..AlertEvent::new(&self.patient_id, occurrence, kind, at_ms)
        }
    }

    /// Ward and bed of the readings, else of the context.
    pub(super) fn place(&self) -> (Option<String>, Option<String>) {
        let bedside = &self.state.bedside;
        match (bedside.location(), bedside.context()) {
            (Some(location), _) => (location.ward.clone(), location.bed.clone()),
            (None, Some(context)) => (context.ward.clone(), context.bed.clone()),
            (None, None) => (None, None),
        }
    }

    /// The delays of a rule.
    pub(super) fn delays(&self, rule: Rule) -> Delays {
        let technical = &self.settings.technical;
        let news2 = &self.settings.news2;
        let cleared = technical.clear_after_ms;
        match rule {
            Rule::Limit(vital, _) => {
                let limits = self.limits.get(vital);
                let delay_ms = limits.delay_ms;
                let raise_ms = [delay_ms, delay_ms, delay_ms, limits.critical_delay_ms];
                Delays { raise_ms, clear_ms: limits.clear_after_ms }
            }
            Rule::News2 => {
                let medium_ms = news2.medium_delay_ms;
                let raise_ms = [medium_ms, medium_ms, medium_ms, news2.high_delay_ms];
                Delays { raise_ms, clear_ms: news2.clear_after_ms }
            }
            Rule::CriticalIfTrue(vital) => {
                Delays::of_any_priority(self.limits.get(vital).critical_delay_ms, cleared)
            }
            // A patient may be dying.
            Rule::Asystole | Rule::Apnoea => Delays::of_any_priority(0, cleared),
            Rule::SignalsLost => {
                let delay_ms = technical.delay_ms;
                Delays { raise_ms: [delay_ms, delay_ms, delay_ms, 0], clear_ms: cleared }
            }
            Rule::LeadsOff
            | Rule::ProbeOff
            | Rule::RefusedField
            | Rule::SeveralDevices
            | Rule::SharedDevice
            | Rule::SharedBed => Delays::of_any_priority(technical.delay_ms, cleared),
            Rule::DeviceClock => Delays::of_any_priority(technical.clock_delay_ms, cleared),
            // Their conditions have a duration of their own.
            Rule::NoData | Rule::ValueStuck | Rule::Shift(_) | Rule::Deviation(_) => {
                Delays::of_any_priority(0, 0)
            }
        }
    }
}

fn raise(patient_id: &str, finding: &Finding, onset_ms: i64, raised_ms: i64) -> Occurrence {
    Occurrence {
        id: Occurrence::id(patient_id, finding.rule, onset_ms),
        rule: finding.rule,
        // The caller sets the priority, together with the time since when it is high.
        priority: Priority::Technical,
        onset_ms,
        raised_ms,
        high_since_ms: None,
        was_high: false,
        value: finding.value,
        peak: finding.value,
        limit: finding.limit,
        text: finding.text(),
        device_id: None,
        acknowledged: None,
        escalated_ms: None,
        cleared_ms: None,
    }
}

fn update(occurrence: &mut Occurrence, finding: &Finding, device_id: Option<&str>) {
    if finding.value.is_some()
        && occurrence.value == finding.value
        && occurrence.limit == finding.limit
    {
        return;
    }
    occurrence.value = finding.value;
    occurrence.limit = finding.limit;
    occurrence.text = finding.text();
    occurrence.device_id = device_id.map(ToOwned::to_owned);
    // The peak is the worst value so far: the lowest one for rules about a fall.
    let falls = matches!(
        occurrence.rule,
        Rule::Limit(_, Side::Low) | Rule::CriticalIfTrue(Vital::Spo2) | Rule::Shift(Vital::Spo2)
    );
    occurrence.peak = match (occurrence.peak, finding.value) {
        (Some(peak), Some(value)) => Some(if falls { peak.min(value) } else { peak.max(value) }),
        (peak, value) => peak.or(value),
    };
}
