//! The values of a feature that the cheapest combination can contain.

use vitals_core::domain::features::{FEATURE_COUNT, FEATURES};

use crate::pipeline::Pipeline;

use super::goal::Goal;

/// Tolerance for a value on the edge of the resolution, in steps.
const EDGE: f64 = 1e-6;

/// A changeable feature with its candidate values.
#[derive(Debug, Clone)]
pub(super) struct Candidates {
    /// The feature.
    pub(super) feature: usize,
    /// The values by cell, the nearest cell first.
    pub(super) cells: Vec<Cell>,
    /// Cost and gain of every value that gains more than all cheaper ones, by cost.
    front: Vec<(f64, f64)>,
}

/// Neighbouring values between two thresholds of the model's trees. The interaction with another
/// feature is the same for all of them.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    /// The values that gain more than all cheaper ones of the cell, by cost: its Pareto front.
    pub(super) steps: Vec<Step>,
}

/// A candidate value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// The value, in the feature's unit.
    pub(super) value: f64,
    /// Distance from the person's own value, in standard deviations.
    pub(super) cost: f64,
    /// Log-odds gained towards the goal by this change alone.
    pub(super) gain: f64,
}

impl Candidates {
    /// Examines every value of the feature's resolution within the range of the training rows, in
    /// the direction of the goal.
    pub(super) fn of(
        pipeline: &Pipeline,
        goal: &Goal,
        person: &[f64; FEATURE_COUNT],
        feature: usize,
    ) -> Self {
        let needed = goal.gain_needed(pipeline.log_odds(person));
        let thresholds = pipeline.model.thresholds(feature);
        let mut found = Self { feature, cells: Vec::new(), front: Vec::new() };
        let mut cell_of_last = None;
        for value in
            values(pipeline.preprocessor.observed()[feature], person[feature], feature, goal)
        {
            let mut changed = *person;
            changed[feature] = value;
            let gain = needed - goal.gain_needed(pipeline.log_odds(&changed));
            let cost =
                (value - person[feature]).abs() / pipeline.preprocessor.deviations()[feature];
            // The front bounds the search: the highest gain for any cost.
            if found.front.last().is_none_or(|(_, best)| gain > *best) {
                found.front.push((cost, gain));
            }
            let cell = thresholds.partition_point(|threshold| *threshold <= value);
            found.add(Step { value, cost, gain }, cell_of_last != Some(cell));
            cell_of_last = Some(cell);
        }
        found
    }

    fn add(&mut self, step: Step, is_first: bool) {
        match self.cells.last_mut().filter(|_| !is_first) {
            None => self.cells.push(Cell { steps: vec![step] }),
            Some(cell) if cell.steps.last().is_none_or(|last| step.gain > last.gain) => {
                cell.steps.push(step);
            }
            // A cheaper value of the cell gains as much.
            Some(_) => {}
        }
    }

    /// The number of candidate values.
    pub(super) fn len(&self) -> usize {
        self.cells.iter().map(|cell| cell.steps.len()).sum()
    }

    /// The highest gain of a value below this cost, at least 0.
    pub(super) fn max_gain(&self, cost: f64) -> f64 {
        let affordable = self.front.partition_point(|(of_value, _)| *of_value < cost);
        affordable.checked_sub(1).map_or(0.0, |last| self.front[last].1.max(0.0))
    }
}

/// The values at the feature's resolution from the person's own to the end of the range, the nearest
/// first. Risk falls with lower values and rises with higher ones, never the other way round.
fn values(
    [min, max]: [f64; 2],
    own: f64,
    feature: usize,
    goal: &Goal,
) -> Box<dyn Iterator<Item = f64>> {
    // Counted in whole steps: adding 0.1 again and again would drift away from the displayed
    // values.
    let steps_per_unit = (1.0 / FEATURES[feature].step).round();
    let first = (min * steps_per_unit - EDGE).ceil() as i64;
    let last = (max * steps_per_unit + EDGE).floor() as i64;
    let to_value = move |units: i64| units as f64 / steps_per_unit;
    if goal.upwards {
        let next = (own * steps_per_unit + EDGE).floor() as i64 + 1;
        Box::new((first.max(next)..=last).map(to_value))
    } else {
        let next = (own * steps_per_unit - EDGE).ceil() as i64 - 1;
        Box::new((first..=last.min(next)).rev().map(to_value))
    }
}
