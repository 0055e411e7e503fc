//! The values that one feature may take instead.

use vitals_core::domain::features::{FEATURE_COUNT, FEATURES};

use crate::pipeline::Pipeline;

use super::finder::{Goal, differs};

/// Distance of the values that are tried first, in standard deviations.
const COARSE: f64 = 0.2;

/// Features with the values they may take.
#[derive(Debug, Clone)]
pub(super) struct Options {
    /// The feature.
    pub(super) feature: usize,
    /// The person's own value first, then by cost.
    pub(super) options: Vec<Choice>,
}

/// One value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    /// In the feature's unit.
    pub(super) value: f64,
    /// Distance from the person's own value, in standard deviations.
    pub(super) cost: f64,
}

impl Options {
    /// The person's value, and values on the feature's resolution a fifth of a standard deviation
    /// apart up to both ends of `range`.
    pub(super) fn of(feature: usize, own: f64, range: [f64; 2], deviation: f64) -> Self {
        let [least, most] = range;
        let steps_per_unit = (1.0 / FEATURES[feature].step).round();
        let on_step = |value: f64| (value * steps_per_unit).round() / steps_per_unit;
        let far = ((most - own).max(own - least) / (COARSE * deviation)).ceil().max(0.0) as usize;
        let around = (1..=far).flat_map(|i| {
            let away = i as f64 * COARSE * deviation;
            [on_step(own - away), on_step(own + away)]
        });
        let mut options: Vec<Choice> = around
            .chain(range)
            .filter(|value| (least..=most).contains(value) && differs(*value, own))
            .map(|value| Choice { value, cost: (value - own).abs() / deviation })
            .collect();
        options.sort_by(|a, b| a.cost.total_cmp(&b.cost).then(a.value.total_cmp(&b.value)));
        options.dedup_by(|a, b| !differs(a.value, b.value));
        options.insert(0, Choice { value: own, cost: 0.0 });
        Self { feature, options }
    }
}

/// The same goal reached with every change taken back as far as it goes, on the features'
/// resolution; the largest change first.
pub(super) fn taken_back(
    pipeline: &Pipeline,
    goal: &Goal,
    own: &[f64; FEATURE_COUNT],
    far: [f64; FEATURE_COUNT],
) -> [f64; FEATURE_COUNT] {
    let mut person = far;
    let mut changed: Vec<usize> =
        (0..FEATURE_COUNT).filter(|j| differs(far[*j], own[*j])).collect();
    let size = |j: usize| (far[j] - own[j]).abs() / pipeline.preprocessor.deviations()[j];
    changed.sort_by(|a, b| size(*b).total_cmp(&size(*a)));
    for j in changed {
        let steps_per_unit = (1.0 / FEATURES[j].step).round();
        let direction = (own[j] - far[j]).signum();
        let steps = ((own[j] - far[j]).abs() * steps_per_unit).floor() as usize;
        for step in 1..=steps {
            let units = (far[j] * steps_per_unit).round() + direction * step as f64;
            let kept = std::mem::replace(&mut person[j], units / steps_per_unit);
            if !goal.reached(pipeline.log_odds(&person)) {
                person[j] = kept;
                break;
            }
        }
    }
    person
}
