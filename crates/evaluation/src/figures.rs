//! The figures as one flat JSON object, which the benchmark report reads.

use std::{fs, path::Path, thread};

use anyhow::{Context as _, Result};
use serde_json::{Map, Value};

use crate::{
    Options,
    bands::Rises,
    leads::{at_matched, leads},
    matched::{Comparison, Estimate, Point},
    patient_day::{PatientDay, patient_days},
    rule_set::RuleSet,
    speed::Speed,
};

/// The figures, by name.
#[derive(Debug, Default)]
pub(crate) struct Figures(Map<String, Value>);

impl Figures {
    /// Adds the numbers of processors and patients.
    pub(crate) fn add_patients(&mut self, days: &[PatientDay]) {
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get) as f64;
        self.set("machine_cores", cores);
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        self.set("patients", days.len() as f64);
        self.set("patient_days", patient_days(days));
    }

    /// Adds the size of a simulation, its speed, and the rises of the displayed band.
    pub(crate) fn add_simulation(&mut self, options: &Options, speed: &Speed, rises: Rises) {
        self.set("hours", f64::from(options.hours));
        self.set("interval_s", f64::from(options.interval_s));
        self.set("scores_per_s", speed.scores_per_s);
        self.set("readings_per_s", speed.readings_per_s);
        self.set("alert_p99_ms", speed.alert_p99_ms);
        self.set("bytes_per_patient", speed.bytes_per_patient);
        self.set("band_rises_quarter_hour", f64::from(rises.shown));
        self.set("band_rises_quarter_hour_undelayed", f64::from(rises.undelayed));
    }

    /// Adds the ratios and the matched points of one definition of a detection.
    pub(crate) fn add_comparison(&mut self, comparison: &Comparison) {
        let suffix = if comparison.strict { "_strict" } else { "" };
        self.set(format!("sensitivity{suffix}"), comparison.sensitivity);
        for (rules, ratio) in &comparison.ratios {
            if let Some(ratio) = ratio {
                self.add_ratio(*rules, ratio, suffix);
            }
        }
        for ((rules, points), (_, matched)) in comparison.curves.iter().zip(&comparison.matched) {
            if let Some(index) = matched {
                self.add_matched(*rules, points[*index], suffix);
            }
        }
    }

    fn add_ratio(&mut self, rules: RuleSet, ratio: &Estimate, suffix: &str) {
        let name = match rules {
            // The ratio is relative to these: always 1.
            RuleSet::PlainLimits => return,
            RuleSet::Everything => format!("false_alarm_ratio{suffix}"),
            other => format!("{}_false_alarm_ratio{suffix}", other.name()),
        };
        self.set(format!("{name}_low"), ratio.low);
        self.set(format!("{name}_high"), ratio.high);
        self.set(name, ratio.value);
    }

    fn add_matched(&mut self, rules: RuleSet, point: Point, suffix: &str) {
        let name = rules.name();
        self.set(format!("{name}_threshold{suffix}"), point.threshold);
        self.set(format!("{name}_false_alarms_per_day{suffix}"), point.false_alarms);
        self.set(format!("{name}_low_alarms_per_day{suffix}"), point.low_alarms);
    }

    /// Adds the point of every rule set at its default threshold, by the strict definition.
    pub(crate) fn add_defaults(&mut self, comparisons: &[Comparison]) {
        let strict = comparisons.iter().filter(|comparison| comparison.strict);
        for (rules, points) in strict.flat_map(|comparison| &comparison.curves) {
            let index = rules.index_of(rules.default_threshold());
            let Some(point) = index.and_then(|index| points.get(index)) else { continue };
            let name = rules.name();
            self.set(format!("{name}_default_sensitivity"), point.sensitivity);
            self.set(format!("{name}_default_false_alarms_per_day"), point.false_alarms);
            self.set(format!("{name}_default_low_alarms_per_day"), point.low_alarms);
        }
    }

    /// Adds the detections of every label at the matched thresholds.
    pub(crate) fn add_leads(&mut self, comparisons: &[Comparison], days: &[PatientDay]) {
        for row in leads(&at_matched(comparisons), days) {
            let name = format!("{}_{}", row.set.name(), row.label);
            self.set(format!("{name}_detected"), row.detected);
            if let Some(minutes) = row.after_min {
                self.set(format!("{name}_minutes_from_onset"), minutes);
            }
            if let Some(minutes) = row.lead_min {
                self.set(format!("{name}_lead_minutes"), minutes);
            }
        }
    }

    /// Writes the figures to the file at `path`.
    pub(crate) fn save(&self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        }
        let text = serde_json::to_string_pretty(&self.0)? + "\n";
        fs::write(path, text).with_context(|| format!("writing {}", path.display()))
    }

    fn set(&mut self, name: impl Into<String>, value: f64) {
        // JSON has no infinite number: such a figure is left out.
        if let Some(number) = serde_json::Number::from_f64(value) {
            self.0.insert(name.into(), Value::Number(number));
        }
    }
}
