//! The candidate values of a feature, and the reduction of a change.

use vitals_core::domain::features::{FEATURE_COUNT, FEATURES};

use crate::pipeline::Pipeline;

use super::goal::{Goal, differs};

/// Distance between candidate values, in standard deviations.
const COARSE: f64 = 0.2;

/// A feature with its candidate values.
#[derive(Debug, Clone)]
pub(super) struct Options {
    /// The feature.
    pub(super) feature: usize,
    /// The person's own value, then the others by cost.
    pub(super) options: Vec<Choice>,
}

/// A candidate value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    /// The value, in the feature's unit.
    pub(super) value: f64,
    /// Distance from the person's own value, in standard deviations.
    pub(super) cost: f64,
}

impl Options {
    /// Collects the person's own value, and values at the feature's resolution a fifth of a standard
    /// deviation apart, up to both ends of `range`.
    pub(super) fn of(feature: usize, own: f64, range: [f64; 2], deviation: f64) -> Self {
        let [min, max] = range;
        let steps = ((max - own).max(own - min) / (COARSE * deviation)).ceil().max(0.0) as usize;
        let around = (1..=steps).flat_map(|i| {
            let away = i as f64 * COARSE * deviation;
            [on_resolution(feature, own - away), on_resolution(feature, own + away)]
        });
        let mut options: Vec<Choice> = around
            .chain(range)
            .filter(|value| (min..=max).contains(value) && differs(*value, own))
            .map(|value| Choice { value, cost: (value - own).abs() / deviation })
            .collect();
        // The cheapest first, so that the search can stop at the first one that is too expensive.
        options.sort_by(|a, b| a.cost.total_cmp(&b.cost).then(a.value.total_cmp(&b.value)));
        options.dedup_by(|a, b| !differs(a.value, b.value));
        options.insert(0, Choice { value: own, cost: 0.0 });
        Self { feature, options }
    }
}

fn on_resolution(feature: usize, value: f64) -> f64 {
    let steps_per_unit = (1.0 / FEATURES[feature].step).round();
    (value * steps_per_unit).round() / steps_per_unit
}

/// Reduces every change as far as the goal is still reached, at the features' resolution, the largest
/// change first.
pub(super) fn retract(
    pipeline: &Pipeline,
    goal: &Goal,
    own: &[f64; FEATURE_COUNT],
    far: [f64; FEATURE_COUNT],
) -> [f64; FEATURE_COUNT] {
    let mut person = far;
    let mut changed: Vec<usize> =
        (0..FEATURE_COUNT).filter(|j| differs(far[*j], own[*j])).collect();
    let sizes: [f64; FEATURE_COUNT] =
        std::array::from_fn(|j| (far[j] - own[j]).abs() / pipeline.preprocessor.deviations()[j]);
    changed.sort_by(|a, b| sizes[*b].total_cmp(&sizes[*a]));
    for j in changed {
        let steps_per_unit = (1.0 / FEATURES[j].step).round();
        let direction = (own[j] - far[j]).signum();
        let steps = ((own[j] - far[j]).abs() * steps_per_unit).floor() as usize;
        // One step of the resolution at a time, until the goal would be lost.
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
