//! The history under two sets of rules.

use std::{collections::HashMap, sync::Arc};

use vitals_core::domain::{
    decode::Decoded,
    patient_context::PatientContext,
    watch::{PatientWatch, Priority, WatchSettings},
};

use crate::watch::burden::{Alarm, Burden, BurdenLog};

/// Time by which an alarm of the other rules may be later than the end of today's, ms, and still
/// count for the same event.
const TOLERANCE_MS: i64 = 60_000;

/// One set of rules with its alarms.
struct Rules {
    settings: Arc<WatchSettings>,
    watch: Option<PatientWatch>,
    log: BurdenLog,
}

impl Rules {
    fn new(settings: WatchSettings) -> Self {
        Self { settings: Arc::new(settings), watch: None, log: BurdenLog::default() }
    }
}

/// Readings of one patient after the other, judged under today's rules and under others.
pub(super) struct Trial {
    today: Rules,
    other: Rules,
    contexts: HashMap<String, PatientContext>,
    /// The patient, and the first and last arrival.
    current: Option<(String, i64, i64)>,
}

/// The burdens, and the events that the other rules miss.
pub(super) struct Outcome {
    pub(super) today: Burden,
    pub(super) other: Burden,
    /// Today's medium and high alarms.
    pub(super) events: usize,
    pub(super) missed: Vec<Alarm>,
}

impl Trial {
    pub(super) fn new(
        today: WatchSettings,
        other: WatchSettings,
        contexts: HashMap<String, PatientContext>,
    ) -> Self {
        Self { today: Rules::new(today), other: Rules::new(other), contexts, current: None }
    }

    /// Judges a reading. The readings of a patient follow each other in the order of arrival.
    pub(super) fn judge(&mut self, decoded: &Decoded<'_>, arrival_ms: i64) {
        let id = decoded.reading.patient_id.as_ref();
        if self.current.as_ref().is_none_or(|(current, ..)| current != id) {
            self.end_patient();
            self.begin_patient(id, arrival_ms);
        }
        if let Some((_, _, last_ms)) = &mut self.current {
            *last_ms = arrival_ms;
        }
        let mut events = Vec::new();
        for rules in [&mut self.today, &mut self.other] {
            if let Some(watch) = &mut rules.watch {
                watch.apply_reading(decoded, arrival_ms, &mut events);
            }
            events.drain(..).for_each(|event| rules.log.apply(&event));
        }
    }

    fn begin_patient(&mut self, id: &str, arrival_ms: i64) {
        let context = self.contexts.get(id);
        let mut events = Vec::new();
        for rules in [&mut self.today, &mut self.other] {
            let mut watch = PatientWatch::new(id, Arc::clone(&rules.settings));
            watch.apply_context(context, arrival_ms, &mut events);
            rules.watch = Some(watch);
        }
        self.current = Some((id.to_owned(), arrival_ms, arrival_ms));
    }

    fn end_patient(&mut self) {
        let Some((id, first_ms, last_ms)) = self.current.take() else { return };
        for rules in [&mut self.today, &mut self.other] {
            rules.log.observe(&id, first_ms, last_ms);
        }
    }

    /// Compares the alarms raised from `from_ms` to `to_ms`.
    pub(super) fn finish(mut self, from_ms: i64, to_ms: i64) -> Outcome {
        self.end_patient();
        let (today, other) = (&self.today.log, &self.other.log);
        let urgent = |alarm: &&Alarm| alarm.priority >= Priority::Medium;
        let mut of_patient: HashMap<&str, Vec<&Alarm>> = HashMap::new();
        for alarm in other.alarms().filter(urgent) {
            of_patient.entry(&alarm.patient_id).or_default().push(alarm);
        }
        let events: Vec<&Alarm> = today.alarms().filter(urgent).collect();
        let is_missed = |event: &&&Alarm| {
            let others = of_patient.get(event.patient_id.as_str());
            !others.is_some_and(|others| others.iter().any(|other| overlap(event, other)))
        };
        let missed = events.iter().filter(is_missed).map(|event| (*event).clone());
        Outcome {
            missed: missed.collect(),
            events: events.len(),
            today: today.report(from_ms, to_ms),
            other: other.report(from_ms, to_ms),
        }
    }
}

/// Returns true if `other` warned of `event`: it was raised before the end of the event, and ended
/// after its onset.
fn overlap(event: &Alarm, other: &Alarm) -> bool {
    let end_ms = event.cleared_ms.map_or(i64::MAX, |end_ms| end_ms.saturating_add(TOLERANCE_MS));
    let other_end_ms = other.cleared_ms.unwrap_or(i64::MAX);
    other.raised_ms <= end_ms && other_end_ms >= event.onset_ms
}

#[cfg(test)]
mod tests {
    use vitals_core::domain::{reading::Reading, vital::Vital, watch::LimitOverride};

    use super::*;

    /// Two falls of the saturation, to 88 % for one minute and to 80 % for five.
    fn history(trial: &mut Trial) {
        for second in 0..3_600_i64 {
            let spo2 = match second {
                600..660 => 88.0,
                1_800..2_100 => 80.0,
                _ => 97.0,
            };
            let arrival_ms = 1_763_812_800_000 + second * 1_000;
            let mut reading = Reading::new("p-1", arrival_ms);
            reading.vitals.set(Vital::Spo2, Some(spo2));
            reading.vitals.set(Vital::HeartRate, Some(70.0));
            trial.judge(&Decoded::new(reading), arrival_ms);
        }
    }

    #[test]
    fn a_lower_limit_has_fewer_alarms_and_names_the_event_it_misses() {
        let lower = LimitOverride { low: Some(85.0), ..LimitOverride::default() };
        let mut other = WatchSettings::default();
        other.limits.insert(Vital::Spo2, lower);
        let mut trial = Trial::new(WatchSettings::default(), other, HashMap::new());
        history(&mut trial);
        let outcome = trial.finish(0, i64::MAX);
        assert!(outcome.other.alarms < outcome.today.alarms);
        let missed: Vec<_> = outcome.missed.iter().map(|alarm| alarm.rule.to_string()).collect();
        assert_eq!(missed, ["limit.spo2.low"]);
        assert_eq!(outcome.missed[0].onset_ms, 1_763_812_800_000 + 600_000);
        assert!((outcome.today.patient_days - 3_599.0 / 86_400.0).abs() < 1e-9);
    }

    #[test]
    fn the_same_limits_miss_nothing() {
        let settings = WatchSettings::default;
        let mut trial = Trial::new(settings(), settings(), HashMap::new());
        history(&mut trial);
        let outcome = trial.finish(0, i64::MAX);
        assert_eq!(outcome.today, outcome.other);
        assert!(outcome.missed.is_empty() && outcome.events >= 2);
    }
}
