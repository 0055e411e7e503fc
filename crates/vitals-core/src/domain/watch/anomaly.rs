//! Anomalies against the patient's own baseline.
//!
//! The baseline is the median and the MAD of one-minute medians over the last six hours, without
//! the last quarter of an hour. A CUSUM (Page, *Continuous inspection schemes*, Biometrika 1954,
//! 41:100) finds a sustained shift and its onset; a value far from the median deviates at once.

mod track;

use serde::{Deserialize, Serialize};

pub(super) use self::track::BASELINE_MINUTES;
use self::track::Track;
use super::{
    finding::{Finding, Verdicts, Words},
    limit_rules::{short_name, source},
    rule::Rule,
    settings::AnomalySettings,
};
use crate::domain::{bedside::Patient, vital::Vital};

/// The vitals with a baseline, with their smallest MAD: monitors send whole numbers, of which a calm
/// patient repeats one for hours. A fall of the saturation is an anomaly, a rise is none.
const VITALS: [(Vital, f64); 3] =
    [(Vital::HeartRate, 2.5), (Vital::Spo2, 0.8), (Vital::RespiratoryRate, 1.5)];

/// The baselines of one patient.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Baselines([Track; VITALS.len()]);

impl Baselines {
    /// Adds the values that arrived at `arrival_ms`, and judges the minute before if it has ended.
    pub(super) fn observe(
        &mut self,
        patient: &Patient,
        arrival_ms: i64,
        settings: &AnomalySettings,
    ) {
        if !settings.enabled {
            return;
        }
        for (track, (vital, smallest_mad)) in self.0.iter_mut().zip(VITALS) {
            let Some((source, latest)) = source(patient, vital) else { continue };
            // Only a value of this reading, from a signal that is there.
            if latest.stamp.arrival_ms == arrival_ms && !patient.signal(source).is_lost() {
                track.add(latest.value.value, arrival_ms, smallest_mad, settings);
            }
        }
    }

    /// Moves times after `latest_ms` to it.
    pub(super) fn cap_times(&mut self, latest_ms: i64) {
        self.0.iter_mut().for_each(|track| track.cap_times(latest_ms));
    }

    /// The anomalies under way.
    pub(super) fn judge(&self, settings: &AnomalySettings, verdicts: &mut Verdicts) {
        if !settings.enabled {
            return;
        }
        for (track, (vital, _)) in self.0.iter().zip(VITALS) {
            let Some(verdict) = track.verdict() else { continue };
            // A saturation that rises above its median is no deterioration.
            let falls_only = vital == Vital::Spo2;
            if falls_only && verdict.value > verdict.median {
                continue;
            }
            let name = short_name(vital);
            let track::Verdict { value, median, mads, shifted_minutes, deviates } = verdict;
            let direction = if value > median { "above" } else { "below" };
            let hours = BASELINE_MINUTES / 60;
            let against = format!(
                "{name} {value:.0} is {mads:.1} MADs {direction} this patient's {hours}-hour median of {median:.0}"
            );
            let found = |rule, text| Finding {
                rule,
                priority: settings.priority,
                value: Some(value),
                limit: Some(median),
                device: None,
                words: Words::Text(text),
            };
            if let Some(minutes) = shifted_minutes {
                let text = format!("{against}, shifted for {minutes} min");
                verdicts.found.push(found(Rule::Shift(vital), text));
            }
            if deviates {
                verdicts.found.push(found(Rule::Deviation(vital), against));
            }
        }
    }
}
