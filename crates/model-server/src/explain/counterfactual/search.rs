//! Searches the cheapest combination of changes that reaches a goal.
//!
//! The score of a combination is the person's own, plus the gain of every change alone, plus the
//! interaction of every pair of changes. A depth-first branch-and-bound search chooses all changes but
//! the last one in turn; the last one is looked up in the Pareto front of every cell. Combinations are
//! left out only if they cost too much, or if a bound shows that they can't reach the goal.

use vitals_core::domain::features::FEATURE_COUNT;

use crate::pipeline::Pipeline;

use super::{
    candidates::{Candidates, Step},
    goal::Goal,
    interactions::Interactions,
};

/// Maximum number of examined combinations; then the search returns the best so far.
const MAX_STEPS: usize = 5_000_000;

/// Tolerance for sums in another order, in log-odds.
const ROUNDING: f64 = 1e-9;

/// The result of a search.
pub(super) struct Found {
    /// The person with the changed values, if the goal can be reached.
    pub(super) person: Option<[f64; FEATURE_COUNT]>,
    /// True if no cheaper combination exists.
    pub(super) exhaustive: bool,
}

/// The tables and the best combination so far.
pub(super) struct Search<'a> {
    pipeline: &'a Pipeline,
    goal: &'a Goal,
    features: Vec<Candidates>,
    interactions: Interactions,
    /// Maximum number of changes.
    limit: usize,
    /// Log-odds to gain.
    needed: f64,
    best_cost: f64,
    best: Option<[f64; FEATURE_COUNT]>,
    steps: usize,
}

/// The changes chosen so far.
struct Chosen {
    person: [f64; FEATURE_COUNT],
    /// Feature, as position in the search, and cell.
    cells: Vec<(usize, usize)>,
    cost: f64,
    gain: f64,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        pipeline: &'a Pipeline,
        goal: &'a Goal,
        person: &[f64; FEATURE_COUNT],
        mut features: Vec<Candidates>,
        limit: usize,
    ) -> Self {
        // The last change is looked up instead of tried: the most values last.
        features.sort_by_key(Candidates::len);
        Self {
            interactions: Interactions::of(pipeline, goal, person, &features),
            needed: goal.gain_needed(pipeline.log_odds(person)),
            pipeline,
            goal,
            features,
            limit,
            best_cost: f64::INFINITY,
            best: None,
            steps: 0,
        }
    }

    /// Searches the cheapest combination of at most `limit` changes.
    pub(super) fn run(mut self, person: &[f64; FEATURE_COUNT]) -> Found {
        let most = self.limit;
        if self.needed.is_finite() {
            // Few changes first: their cost bounds the search for more.
            for limit in 1..=most.min(self.features.len()) {
                self.limit = limit;
                let mut chosen =
                    Chosen { person: *person, cells: Vec::new(), cost: 0.0, gain: 0.0 };
                self.visit(&mut chosen);
            }
        }
        Found { person: self.best, exhaustive: self.steps < MAX_STEPS }
    }

    /// Adds a change of every later feature: the last one of the combination, or one of several.
    fn visit(&mut self, chosen: &mut Chosen) {
        let next = chosen.cells.last().map_or(0, |(feature, _)| feature + 1);
        let is_last = chosen.cells.len() + 1 == self.limit;
        for feature in next..self.features.len() {
            for cell in 0..self.features[feature].cells.len() {
                let interaction = self.interactions.gain(&chosen.cells, feature, cell);
                if is_last {
                    self.finish(chosen, feature, cell, interaction);
                } else {
                    self.descend(chosen, feature, cell, interaction);
                }
            }
        }
    }

    /// Looks up the cheapest value of a cell that reaches the goal.
    fn finish(&mut self, chosen: &Chosen, feature: usize, cell: usize, interaction: f64) {
        self.steps += 1;
        let needed = self.needed - chosen.gain - interaction - ROUNDING;
        let Candidates { feature, cells, .. } = &self.features[feature];
        let steps = &cells[cell].steps;
        let first = steps.partition_point(|step| step.gain < needed);
        for Step { value, cost, .. } in &steps[first..] {
            if chosen.cost + cost >= self.best_cost {
                return;
            }
            // The tables have rounding errors; the decision must not.
            let mut person = chosen.person;
            person[*feature] = *value;
            if self.goal.reached(self.pipeline.log_odds(&person)) {
                self.best_cost = chosen.cost + cost;
                self.best = Some(person);
                return;
            }
        }
    }

    /// Tries every value of a cell together with changes of later features.
    fn descend(&mut self, chosen: &mut Chosen, feature: usize, cell: usize, interaction: f64) {
        for i in 0..self.features[feature].cells[cell].steps.len() {
            let Step { value, cost, gain } = self.features[feature].cells[cell].steps[i];
            // Values are ordered by cost.
            if chosen.cost + cost >= self.best_cost || self.steps >= MAX_STEPS {
                return;
            }
            self.steps += 1;
            // Restored as they were, because subtracting would leave rounding errors.
            let before = (chosen.cost, chosen.gain);
            let own = std::mem::replace(&mut chosen.person[self.features[feature].feature], value);
            chosen.cells.push((feature, cell));
            chosen.cost += cost;
            chosen.gain += gain + interaction;
            // Branch and bound: without the gain of the best remaining changes the branch is ruled
            // out.
            if chosen.gain + self.max_remaining(chosen) >= self.needed - ROUNDING {
                self.visit(chosen);
            }
            chosen.cells.pop();
            chosen.person[self.features[feature].feature] = own;
            (chosen.cost, chosen.gain) = before;
        }
    }

    /// An upper bound on the gain of the remaining changes within the cost of the best combination.
    fn max_remaining(&self, chosen: &Chosen) -> f64 {
        let next = chosen.cells.last().map_or(0, |(feature, _)| feature + 1);
        let budget = self.best_cost - chosen.cost;
        let mut gains: Vec<f64> = (next..self.features.len())
            .map(|feature| {
                self.features[feature].max_gain(budget)
                    + self.interactions.max_gain(&chosen.cells, feature)
            })
            .collect();
        // At most as many features as may still change count towards the bound.
        gains.sort_unstable_by(|a, b| b.total_cmp(a));
        gains.iter().take(self.limit - chosen.cells.len()).sum()
    }
}
