//! One patient through every rule set.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use anyhow::{Result, anyhow};
use producer::simulate::{Cohort, Scenario, SimulatedPatient};
use vitals_core::domain::{
    bedside::known_score,
    decode::{DecodeOptions, Decoded, decode},
    patient_context::PatientContext,
    reading::Reading,
    watch::{AlertEvent, AlertKind, PatientWatch, Priority, Rule, WatchSettings},
};

use crate::{
    Options,
    outcome::{Interval, Outcome},
    plain_limits::{PlainLimits, scaled_limits},
    rule_set::{DEFAULT_FACTOR, PLAIN_FACTORS, RuleSet, TOTALS, WATCH_FACTORS},
};

/// 2025-11-22 12:00 UTC: the start of every patient-day.
pub(crate) const START_MS: i64 = 1_763_812_800_000;

/// A total at which NEWS2 requires the critical-care team.
const EMERGENCY: u8 = 7;

/// The outcomes of one patient, by rule set and threshold.
#[derive(Debug)]
pub(crate) struct PatientDay {
    /// The scenario or the label of the episode.
    pub(crate) label: Option<String>,
    pub(crate) length_ms: i64,
    /// First reading of the episode with a NEWS2 total of 7 or more, ms since its onset.
    pub(crate) emergency_ms: Option<i64>,
    plain: [Outcome; PLAIN_FACTORS.len()],
    delayed: [Outcome; WATCH_FACTORS.len()],
    news2: [Outcome; TOTALS.len()],
    everything: [Outcome; WATCH_FACTORS.len()],
    /// The rules of the watch at its default limits.
    pub(crate) rules: BTreeMap<Rule, Outcome>,
}

impl PatientDay {
    /// Returns true if the patient deteriorates. A recovery from surgery is no event: its alarms are
    /// neither detections nor false.
    pub(crate) fn has_event(&self) -> bool {
        self.label.as_ref().is_some_and(|label| label != Scenario::Recovery.name())
    }

    /// The outcomes of `set`, in the order of its thresholds.
    pub(crate) fn outcomes(&self, set: RuleSet) -> &[Outcome] {
        match set {
            RuleSet::PlainLimits => &self.plain,
            RuleSet::DelayedLimits => &self.delayed,
            RuleSet::News2 => &self.news2,
            RuleSet::Everything => &self.everything,
        }
    }
}

/// The sum of the observed times, in days.
pub(crate) fn patient_days<'a>(days: impl IntoIterator<Item = &'a PatientDay>) -> f64 {
    let total_ms: i64 = days.into_iter().map(|day| day.length_ms).sum();
    #[expect(clippy::cast_precision_loss, reason = "a time of years")]
    let total_ms = total_ms as f64;
    total_ms / 86_400_000.0
}

/// Every patient of the cohort, on all processors.
pub(crate) fn run_all(options: &Options) -> Result<Vec<PatientDay>> {
    let cohort = Cohort::evaluation(options.seed, options.hours);
    let next = AtomicU32::new(0);
    let days = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    thread::scope(|scope| {
        let workers = (0..workers).map(|_| scope.spawn(|| work(&cohort, options, &next, &days)));
        // Every worker is started before the first one is waited for.
        let handles: Vec<_> = workers.collect();
        handles.into_iter().try_for_each(|handle| {
            handle.join().map_err(|_| anyhow!("a worker of the evaluation panicked"))?
        })
    })?;
    let mut days = days.into_inner().unwrap_or_else(PoisonError::into_inner);
    // In the order of the patients, so that the bootstrap does not depend on the scheduling.
    days.sort_by_key(|(index, _)| *index);
    Ok(days.into_iter().map(|(_, day)| day).collect())
}

/// Evaluates the `next` patient into `days` until none is left.
fn work(
    cohort: &Cohort,
    options: &Options,
    next: &AtomicU32,
    days: &Mutex<Vec<(u32, PatientDay)>>,
) -> Result<()> {
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= options.patients {
            return Ok(());
        }
        let day = run(cohort.patient(index), options)?;
        days.lock().unwrap_or_else(PoisonError::into_inner).push((index, day));
    }
}

/// The rule sets with their memories of one patient.
struct Contestants {
    plain: Vec<PlainLimits>,
    /// True while the total is at or above each threshold.
    above: [bool; TOTALS.len()],
    watches: Vec<Watched>,
}

/// One watch, and the occurrences that are medium or high at present.
struct Watched {
    watch: PatientWatch,
    urgent: BTreeSet<String>,
    events: Vec<AlertEvent>,
}

fn run(mut patient: SimulatedPatient, options: &Options) -> Result<PatientDay> {
    let length_ms = i64::from(options.hours) * 3_600_000;
    let step_ms = i64::from(options.interval_s.max(1)) * 1_000;
    let episode = patient.episodes(length_ms).first().map(|truth| Episode {
        label: truth.scenario.name().to_owned(),
        interval: Interval { from_ms: truth.onset_ms, to_ms: truth.end_ms },
    });
    let context = patient.context(START_MS);
    let mut course = Course::new(patient.id(), &context, episode);
    for since_ms in (0..length_ms).step_by(usize::try_from(step_ms)?) {
        course.judge(&patient.reading(since_ms, START_MS + since_ms), since_ms)?;
    }
    Ok(course.finish(length_ms))
}

/// A time in which a patient deteriorates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Episode {
    pub(crate) label: String,
    pub(crate) interval: Interval,
}

/// A patient's readings on their way through the rule sets.
pub(crate) struct Course {
    contestants: Contestants,
    episode: Option<Interval>,
    options: DecodeOptions,
    day: PatientDay,
}

impl Course {
    pub(crate) fn new(id: &str, context: &PatientContext, episode: Option<Episode>) -> Self {
        let contestants = Contestants::new(id, context);
        let interval = episode.as_ref().map(|episode| episode.interval);
        let day = PatientDay {
            label: episode.map(|episode| episode.label),
            length_ms: 0,
            emergency_ms: None,
            plain: Default::default(),
            delayed: Default::default(),
            news2: Default::default(),
            everything: Default::default(),
            rules: BTreeMap::new(),
        };
        Self { contestants, episode: interval, options: DecodeOptions::default(), day }
    }

    /// Judges a reading that arrives `since_ms` after the start.
    pub(crate) fn judge(&mut self, reading: &Reading<'_>, since_ms: i64) -> Result<()> {
        // Through JSON and the decoder, which judges zeros in context.
        let payload = serde_json::to_vec(reading)?;
        let decoded = decode(&payload, Some(START_MS + since_ms), &self.options)
            .map_err(|rejection| anyhow!("the reading is rejected: {rejection:?}"))?;
        self.contestants.judge(&decoded, since_ms, self.episode, &mut self.day);
        Ok(())
    }

    pub(crate) fn finish(self, length_ms: i64) -> PatientDay {
        PatientDay { length_ms, ..self.day }
    }
}

impl Contestants {
    fn new(id: &str, context: &PatientContext) -> Self {
        let plain =
            PLAIN_FACTORS.map(|factor| PlainLimits::new(scaled_limits(context, START_MS, factor)));
        let settings = Arc::new(WatchSettings::default());
        let watches = WATCH_FACTORS.map(|factor| {
            let limits = scaled_limits(context, START_MS, factor);
            // As the patient's own limits, which replace the defaults of the watch.
            let context = PatientContext { limits, ..context.clone() };
            let mut watch = PatientWatch::new(id, Arc::clone(&settings));
            watch.apply_context(Some(&context), START_MS, &mut Vec::new());
            Watched { watch, urgent: BTreeSet::new(), events: Vec::new() }
        });
        Self { plain: plain.into(), above: [false; TOTALS.len()], watches: watches.into() }
    }

    fn judge(
        &mut self,
        decoded: &Decoded<'_>,
        since_ms: i64,
        episode: Option<Interval>,
        day: &mut PatientDay,
    ) {
        for (plain, outcome) in self.plain.iter_mut().zip(&mut day.plain) {
            for _ in 0..plain.crossed(decoded) {
                outcome.count(since_ms, Priority::Medium, episode);
            }
        }
        for (index, watched) in self.watches.iter_mut().enumerate() {
            let outcomes = [&mut day.delayed[index], &mut day.everything[index]];
            for (rule, at_ms, priority) in watched.judge(decoded, since_ms) {
                outcomes[1].count(at_ms, priority, episode);
                if matches!(rule, Rule::Limit(..)) {
                    outcomes[0].count(at_ms, priority, episode);
                }
                if index == DEFAULT_FACTOR {
                    day.rules.entry(rule).or_default().count(at_ms, priority, episode);
                }
            }
        }
        // The bedside state is the same in every watch: only their limits differ.
        let bedside = self.watches[0].watch.bedside();
        let total = known_score(bedside, START_MS + since_ms).map(|score| score.partial());
        for ((threshold, above), outcome) in
            TOTALS.into_iter().zip(&mut self.above).zip(&mut day.news2)
        {
            // An alarm for each crossing, not for each reading above.
            let reached = total.is_some_and(|total| total >= threshold);
            if reached && !*above {
                outcome.count(since_ms, Priority::Medium, episode);
            }
            *above = reached;
        }
        let onset_ms = episode
            .filter(|episode| (episode.from_ms..=episode.to_ms).contains(&since_ms))
            .map(|episode| episode.from_ms);
        if let Some(onset_ms) = onset_ms
            && total.is_some_and(|total| total >= EMERGENCY)
        {
            day.emergency_ms.get_or_insert(since_ms - onset_ms);
        }
    }
}

impl Watched {
    /// Applies a reading. Returns the alarms: rule, time since the start, priority.
    fn judge(&mut self, decoded: &Decoded<'_>, since_ms: i64) -> Vec<(Rule, i64, Priority)> {
        self.watch.apply_reading(decoded, START_MS + since_ms, &mut self.events);
        let mut alarms = Vec::new();
        for event in self.events.drain(..) {
            // An occurrence counts when it is raised, and again whenever it becomes urgent.
            let becomes_urgent = match event.kind {
                AlertKind::Raised | AlertKind::Changed if event.priority >= Priority::Medium => {
                    self.urgent.insert(event.occurrence_id)
                }
                AlertKind::Changed | AlertKind::Cleared => {
                    self.urgent.remove(&event.occurrence_id);
                    false
                }
                _ => false,
            };
            if event.kind == AlertKind::Raised || becomes_urgent {
                alarms.push((event.rule, event.at_ms - START_MS, event.priority));
            }
        }
        alarms
    }
}
