//! The report of a burden.

use std::collections::BTreeMap;

use serde::Serialize;
use vitals_core::domain::watch::Priority;

use super::log::Alarm;

const DAY_MS: f64 = 86_400_000.0;

/// Patients and rules that are listed.
const TOP: usize = 10;

/// The alarm burden of a period.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Burden {
    /// Start of the period, ms since the epoch.
    pub(crate) from_ms: i64,
    /// End of the period.
    pub(crate) to_ms: i64,
    /// Days for which patients were watched, summed over the patients.
    pub(crate) patient_days: f64,
    /// Alarms that were raised.
    pub(crate) alarms: usize,
    /// Alarms per patient and day; `null` if no patient was watched.
    pub(crate) alarms_per_patient_day: Option<f64>,
    /// Alarms by their highest priority.
    pub(crate) by_priority: BTreeMap<Priority, usize>,
    /// Share of the alarms that ended within their delay; `null` without alarms.
    pub(crate) short_share: Option<f64>,
    /// Share of the alarms that were acknowledged; `null` without alarms.
    pub(crate) acknowledged_share: Option<f64>,
    /// The rules with the most alarms.
    pub(crate) top_rules: Vec<RuleCount>,
    /// The patients with the most alarms.
    pub(crate) top_patients: Vec<PatientCount>,
}

/// The alarms of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RuleCount {
    pub(crate) rule: String,
    pub(crate) alarms: usize,
}

/// The alarms of a patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PatientCount {
    pub(crate) patient_id: String,
    pub(crate) alarms: usize,
}

impl Burden {
    pub(super) fn new<'a>(
        from_ms: i64,
        to_ms: i64,
        watched_ms: i64,
        alarms: impl Iterator<Item = &'a Alarm>,
    ) -> Self {
        let mut burden = Self { from_ms, to_ms, ..Self::default() };
        let (mut short, mut acknowledged) = (0, 0);
        let mut rules: BTreeMap<String, usize> = BTreeMap::new();
        let mut patients: BTreeMap<&str, usize> = BTreeMap::new();
        for alarm in alarms {
            burden.alarms += 1;
            *burden.by_priority.entry(alarm.priority).or_default() += 1;
            short += usize::from(alarm.is_short());
            acknowledged += usize::from(alarm.acknowledged);
            *rules.entry(alarm.rule.to_string()).or_default() += 1;
            *patients.entry(&alarm.patient_id).or_default() += 1;
        }
        burden.patient_days = watched_ms as f64 / DAY_MS;
        if watched_ms > 0 {
            burden.alarms_per_patient_day = Some(burden.alarms as f64 / burden.patient_days);
        }
        if burden.alarms > 0 {
            burden.short_share = Some(short as f64 / burden.alarms as f64);
            burden.acknowledged_share = Some(acknowledged as f64 / burden.alarms as f64);
        }
        let rules = top(rules).map(|(rule, alarms)| RuleCount { rule, alarms });
        burden.top_rules = rules.collect();
        let patients =
            top(patients).map(|(id, alarms)| PatientCount { patient_id: id.to_owned(), alarms });
        burden.top_patients = patients.collect();
        burden
    }
}

/// The entries with the highest counts, highest first.
fn top<K: Ord>(counts: BTreeMap<K, usize>) -> impl Iterator<Item = (K, usize)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().take(TOP)
}
