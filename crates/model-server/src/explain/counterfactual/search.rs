//! Searches the cheapest combination of values that reaches a goal.
//!
//! No model here has interactions of more than two features: splines are additive, and a tree of
//! depth two splits on its root and one more feature on the way to a leaf. The score of any
//! combination is therefore the person's own score, plus the gain of every changed value alone,
//! plus the interaction gain of every pair of changed values: one table each. On these tables, a
//! depth-first branch-and-bound search examines every combination or rules it out by a bound on
//! the gain of the remaining features.

use vitals_core::domain::features::FEATURE_COUNT;

use crate::pipeline::Pipeline;

use super::{goal::Goal, options::Options};

/// Maximum number of examined combinations; then the search returns the best so far.
const MAX_STEPS: usize = 2_000_000;

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
    person: [f64; FEATURE_COUNT],
    features: Vec<Options>,
    /// Log-odds to gain.
    needed: f64,
    /// Gain of each value alone, by feature.
    alone: Vec<Vec<f64>>,
    /// Highest gain of each value and its cheaper ones alone, by feature.
    max_alone: Vec<Vec<f64>>,
    /// Interaction gains, by pair of features.
    interactions: Vec<Vec<PairGains>>,
    best: Best,
    steps: usize,
}

struct Best {
    cost: f64,
    person: Option<[f64; FEATURE_COUNT]>,
}

/// The gain of two values beyond the sum of their gains alone, by the value of the earlier feature.
struct PairGains {
    gains: Vec<Vec<f64>>,
    max_of_row: Vec<f64>,
    max: f64,
}

impl<'a> Search<'a> {
    /// Computes the tables.
    pub(super) fn new(
        pipeline: &'a Pipeline,
        goal: &'a Goal,
        person: [f64; FEATURE_COUNT],
        features: Vec<Options>,
    ) -> Self {
        let needed = goal.gain_needed(pipeline.log_odds(&person));
        let best = Best { cost: f64::INFINITY, person: None };
        let mut search = Self {
            pipeline,
            goal,
            person,
            features,
            needed,
            alone: Vec::new(),
            max_alone: Vec::new(),
            interactions: Vec::new(),
            best,
            steps: 0,
        };
        search.fill_alone();
        search.fill_interactions();
        search
    }

    /// Searches the cheapest combination.
    pub(super) fn run(mut self) -> Found {
        let mut chosen = Vec::with_capacity(self.features.len());
        if self.needed.is_finite() {
            self.visit(&mut chosen, 0.0, 0.0);
        }
        Found { person: self.best.person, exhaustive: self.steps < MAX_STEPS }
    }

    /// Computes the gains of single values. The cheapest single value that reaches the goal is the
    /// first best combination; values that cost more are removed.
    fn fill_alone(&mut self) {
        for f in 0..self.features.len() {
            let gains: Vec<f64> =
                (0..self.features[f].options.len()).map(|i| self.gain(&[(f, i)])).collect();
            for (i, gain) in gains.iter().enumerate() {
                self.offer(&[(f, i)], self.features[f].options[i].cost, *gain);
            }
            self.alone.push(gains);
        }

        // Features with the highest gain first, for tight bounds early.
        let mut order: Vec<usize> = (0..self.features.len()).collect();
        order.sort_by(|a, b| highest(&self.alone[*b]).total_cmp(&highest(&self.alone[*a])));
        self.features = order.iter().map(|f| self.features[*f].clone()).collect();
        self.alone = order.iter().map(|f| self.alone[*f].clone()).collect();
        for (options, gains) in self.features.iter_mut().zip(&mut self.alone) {
            options.options.retain(|option| option.cost < self.best.cost);
            gains.truncate(options.options.len());
        }
        self.max_alone = self.alone.iter().map(|gains| running_max(gains)).collect();
    }

    fn fill_interactions(&mut self) {
        let additive = self.pipeline.model.algorithm().is_additive();
        for later in 0..self.features.len() {
            let pairs: Vec<PairGains> = (0..later)
                .map(|earlier| {
                    let rows = 0..self.alone[earlier].len();
                    let columns = 0..self.alone[later].len();
                    PairGains::new(
                        rows.map(|i| {
                            let gains = columns.clone().map(|k| {
                                // An unchanged value, at position 0, interacts with nothing.
                                if additive || i == 0 || k == 0 {
                                    0.0
                                } else {
                                    self.interaction(earlier, i, later, k)
                                }
                            });
                            gains.collect()
                        })
                        .collect(),
                    )
                })
                .collect();
            self.interactions.push(pairs);
        }
    }

    /// The gain of two values beyond the sum of their gains alone.
    fn interaction(&self, earlier: usize, i: usize, later: usize, k: usize) -> f64 {
        let both = self.gain(&[(earlier, i), (later, k)]);
        both - self.alone[earlier][i] - self.alone[later][k]
    }

    /// Tries every value of the next feature, the cheapest first.
    fn visit(&mut self, chosen: &mut Vec<usize>, cost: f64, gain: f64) {
        let f = chosen.len();
        // Prune: even the best remaining values can't reach the goal.
        if f == self.features.len()
            || gain + self.max_remaining(chosen, cost) < self.needed - ROUNDING
        {
            return;
        }
        for i in 0..self.features[f].options.len() {
            let cost = cost + self.features[f].options[i].cost;
            // Options are ordered by cost, so all further ones are as expensive.
            if cost >= self.best.cost || self.steps >= MAX_STEPS {
                return;
            }
            self.steps += 1;
            let interaction: f64 =
                chosen.iter().zip(&self.interactions[f]).map(|(c, pair)| pair.gains[*c][i]).sum();
            let gain = gain + self.alone[f][i] + interaction;
            chosen.push(i);
            let all: Vec<_> = chosen.iter().copied().enumerate().collect();
            if !self.offer(&all, cost, gain) {
                self.visit(chosen, cost, gain);
            }
            chosen.pop();
        }
    }

    /// An upper bound on the gain of the remaining features within the cost of the best combination.
    fn max_remaining(&self, chosen: &[usize], cost: f64) -> f64 {
        let budget = self.best.cost - cost;
        let mut max = 0.0;
        for f in chosen.len()..self.features.len() {
            // Only values within the budget count; their prefix has a known maximum.
            let affordable = self.features[f].options.partition_point(|o| o.cost < budget);
            max += affordable.checked_sub(1).map_or(0.0, |last| self.max_alone[f][last]);
            for (earlier, pair) in self.interactions[f].iter().enumerate() {
                max += chosen.get(earlier).map_or(pair.max, |i| pair.max_of_row[*i]);
            }
        }
        max
    }

    /// Replaces the best combination if this one reaches the goal at a lower cost, and returns true if
    /// it does. The tables select candidates; the model itself decides.
    fn offer(&mut self, chosen: &[(usize, usize)], cost: f64, gain: f64) -> bool {
        if gain < self.needed - ROUNDING || cost >= self.best.cost {
            return false;
        }
        let person = self.with(chosen);
        // The tables have rounding errors; the decision must not.
        let reached = self.goal.reached(self.pipeline.log_odds(&person));
        if reached {
            self.best = Best { cost, person: Some(person) };
        }
        reached
    }

    /// The gain of a combination towards the goal, in log-odds.
    fn gain(&self, chosen: &[(usize, usize)]) -> f64 {
        let other = self.pipeline.log_odds(&self.with(chosen));
        self.needed - self.goal.gain_needed(other)
    }

    fn with(&self, chosen: &[(usize, usize)]) -> [f64; FEATURE_COUNT] {
        let mut person = self.person;
        for (f, i) in chosen {
            let Options { feature, options } = &self.features[*f];
            person[*feature] = options[*i].value;
        }
        person
    }
}

impl PairGains {
    fn new(gains: Vec<Vec<f64>>) -> Self {
        let max_of_row: Vec<f64> = gains.iter().map(|row| highest(row)).collect();
        let max = highest(&max_of_row);
        Self { gains, max_of_row, max }
    }
}

/// The highest gain, at least 0.
fn highest(gains: &[f64]) -> f64 {
    gains.iter().copied().fold(0.0, f64::max)
}

/// The highest gain up to each position, at least 0.
fn running_max(gains: &[f64]) -> Vec<f64> {
    let mut max = 0.0f64;
    let mut running = Vec::with_capacity(gains.len());
    for gain in gains {
        max = max.max(*gain);
        running.push(max);
    }
    running
}
