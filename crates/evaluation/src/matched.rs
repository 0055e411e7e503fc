//! Rule sets compared at matched sensitivity, with bootstrap intervals over patients.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::{
    patient_day::{PatientDay, patient_days},
    rule_set::{RULE_SETS, RuleSet},
};

/// Samples of the bootstrap.
const SAMPLES: usize = 1_000;

/// One threshold of a rule set's sweep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) threshold: f64,
    /// Share of the deteriorations that are detected.
    pub(crate) sensitivity: f64,
    /// Medium and high alarms outside episodes, per patient-day.
    pub(crate) false_alarms: f64,
    /// Low alarms outside episodes, per patient-day.
    pub(crate) low_alarms: f64,
}

/// A figure with its interval of 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// The results under one definition of a detection.
#[derive(Debug)]
pub(crate) struct Comparison {
    /// True if only medium and high alarms detect.
    pub(crate) strict: bool,
    pub(crate) curves: Vec<(RuleSet, Vec<Point>)>,
    /// Sensitivity of the plain limits at their defaults, which the others have to reach.
    pub(crate) sensitivity: f64,
    /// The point of each rule set at that sensitivity; `None` if no threshold reaches it.
    pub(crate) matched: Vec<(RuleSet, Option<usize>)>,
    /// False alarms relative to the plain limits, at that sensitivity.
    pub(crate) ratios: Vec<(RuleSet, Option<Estimate>)>,
}

/// Compares the rule sets, with low alarms as detections and without.
pub(crate) fn evaluate(days: &[PatientDay], seed: u64) -> [Comparison; 2] {
    [false, true].map(|strict| compare(days, seed, strict))
}

fn compare(days: &[PatientDay], seed: u64, strict: bool) -> Comparison {
    let all: Vec<_> = days.iter().collect();
    let curves: Vec<_> = RULE_SETS.map(|set| (set, curve(&all, set, strict))).into_iter().collect();
    let sensitivity = reference(&curves).sensitivity;
    let matched = curves.iter().map(|(set, points)| (*set, cheapest(points, sensitivity)));
    let mut samples = vec![Vec::with_capacity(SAMPLES); RULE_SETS.len()];
    // The bootstrap: its ratios give the interval of each estimate.
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..SAMPLES {
        // Patients are drawn whole: the alarms of one patient depend on each other.
        let drawn: Vec<_> = days.iter().map(|_| &days[rng.random_range(0..days.len())]).collect();
        let curves = RULE_SETS.map(|set| (set, curve(&drawn, set, strict)));
        for (samples, ratio) in samples.iter_mut().zip(ratios(&curves)) {
            samples.extend(ratio);
        }
    }
    let values = ratios(&curves);
    let estimates = RULE_SETS.into_iter().zip(values).zip(&mut samples);
    Comparison {
        strict,
        sensitivity,
        matched: matched.collect(),
        ratios: estimates
            .map(|((set, value), samples)| (set, value.map(|value| estimate(value, samples))))
            .collect(),
        curves,
    }
}

fn curve(days: &[&PatientDay], set: RuleSet, strict: bool) -> Vec<Point> {
    let thresholds = set.thresholds();
    let mut events = 0_u32;
    let mut counts = vec![(0_u32, 0_u32, 0_u32); thresholds.len()];
    for day in days {
        events += u32::from(day.has_event());
        for (count, outcome) in counts.iter_mut().zip(day.outcomes(set)) {
            count.0 += u32::from(day.has_event() && outcome.detection_ms(strict).is_some());
            count.1 += outcome.false_alarms;
            count.2 += outcome.low_alarms;
        }
    }
    let patient_days = patient_days(days.iter().copied());
    let points =
        thresholds.into_iter().zip(counts).map(|(threshold, (detected, wrong, low))| Point {
            threshold,
            sensitivity: f64::from(detected) / f64::from(events.max(1)),
            false_alarms: f64::from(wrong) / patient_days,
            low_alarms: f64::from(low) / patient_days,
        });
    points.collect()
}

/// The plain limits at their defaults.
fn reference(curves: &[(RuleSet, Vec<Point>)]) -> Point {
    let plain = curves.iter().find(|(set, _)| *set == RuleSet::PlainLimits);
    let default = plain.and_then(|(set, points)| {
        points.iter().find(|point| (point.threshold - set.default_threshold()).abs() < 1e-9)
    });
    default.copied().unwrap_or(Point {
        threshold: 1.0,
        sensitivity: 0.0,
        false_alarms: 0.0,
        low_alarms: 0.0,
    })
}

/// The threshold with the fewest false alarms among those that reach the sensitivity.
fn cheapest(points: &[Point], sensitivity: f64) -> Option<usize> {
    let reaching = points.iter().enumerate().filter(|(_, point)| point.sensitivity >= sensitivity);
    reaching.min_by(|a, b| a.1.false_alarms.total_cmp(&b.1.false_alarms)).map(|(index, _)| index)
}

/// The false alarms of each rule set relative to the plain limits at the same sensitivity.
fn ratios(curves: &[(RuleSet, Vec<Point>)]) -> Vec<Option<f64>> {
    let sensitivity = reference(curves).sensitivity;
    let matched =
        |points: &[Point]| cheapest(points, sensitivity).map(|index| points[index].false_alarms);
    let plain = curves.iter().find(|(set, _)| *set == RuleSet::PlainLimits);
    let plain = plain.and_then(|(_, points)| matched(points)).filter(|alarms| *alarms > 0.0);
    curves.iter().map(|(_, points)| Some(matched(points)? / plain?)).collect()
}

fn estimate(value: f64, samples: &mut [f64]) -> Estimate {
    samples.sort_by(f64::total_cmp);
    Estimate {
        value,
        low: quantile(samples, 0.025).unwrap_or(value),
        high: quantile(samples, 0.975).unwrap_or(value),
    }
}

/// The sample below which `share` of the `sorted` samples lie; `None` without samples.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index of a thousand samples"
    )]
    let index = (share * sorted.len().saturating_sub(1) as f64).round() as usize;
    sorted.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(threshold: f64, sensitivity: f64, false_alarms: f64) -> Point {
        Point { threshold, sensitivity, false_alarms, low_alarms: 0.0 }
    }

    #[test]
    fn sets_are_compared_at_the_sensitivity_of_the_plain_limits() {
        let curves = [
            (RuleSet::PlainLimits, vec![point(0.8, 1.0, 40.0), point(1.0, 0.9, 10.0)]),
            (RuleSet::News2, vec![point(5.0, 0.95, 8.0), point(7.0, 0.5, 0.1)]),
            (RuleSet::Everything, vec![point(1.0, 0.92, 4.0), point(1.5, 0.9, 2.0)]),
            (RuleSet::DelayedLimits, vec![point(1.0, 0.8, 1.0)]),
        ];
        assert_eq!(ratios(&curves), [Some(1.0), Some(0.8), Some(0.2), None]);
    }

    #[test]
    fn an_interval_holds_the_middle_of_the_samples() {
        let mut samples: Vec<f64> = (0..=1000).rev().map(f64::from).collect();
        let expected = Estimate { value: 500.0, low: 25.0, high: 975.0 };
        assert_eq!(estimate(500.0, &mut samples), expected);
    }
}
