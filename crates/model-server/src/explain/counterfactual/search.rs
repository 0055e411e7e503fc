//! Finding the cheapest combination of values that reaches a goal.
//!
//! In no model here do more than two features act on each other: splines add up, and a tree of
//! two levels splits on its root and one more feature on the way to a leaf. So the score of any
//! combination is the person's own score, plus what every changed value gains alone, plus what
//! every pair of changed values gains beyond that: a table for each. On these tables a depth-first
//! search with a bound on what the features still to come can gain looks at every combination or
//! rules it out.

use vitals_core::domain::features::FEATURE_COUNT;

use crate::pipeline::Pipeline;

use super::{finder::Goal, options::Options};

/// Combinations that are looked at before the search settles for the best so far.
const MOST_STEPS: usize = 2_000_000;

/// Differences of sums in another order are smaller than this, in log-odds.
const ROUNDING: f64 = 1e-9;

/// What was found.
pub(super) struct Found {
    /// The person with other values.
    pub(super) person: Option<[f64; FEATURE_COUNT]>,
    /// Whether nothing cheaper can exist.
    pub(super) exhaustive: bool,
}

/// The tables, and the best combination so far.
pub(super) struct Search<'a> {
    pipeline: &'a Pipeline,
    goal: &'a Goal,
    person: [f64; FEATURE_COUNT],
    features: Vec<Options>,
    /// Log-odds to gain.
    needed: f64,
    /// Per feature and value: what it gains alone.
    alone: Vec<Vec<f64>>,
    /// Per feature and value: the most that it or a cheaper one gains alone.
    most_alone: Vec<Vec<f64>>,
    /// Per pair of features: what two values gain beyond that.
    together: Vec<Vec<Pair>>,
    best: Best,
    steps: usize,
}

struct Best {
    cost: f64,
    person: Option<[f64; FEATURE_COUNT]>,
}

/// What two values gain beyond what each gains alone; by the value of the earlier feature.
struct Pair {
    gains: Vec<Vec<f64>>,
    most_of_row: Vec<f64>,
    most: f64,
}

impl<'a> Search<'a> {
    /// Makes the tables.
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
            most_alone: Vec::new(),
            together: Vec::new(),
            best,
            steps: 0,
        };
        search.fill_alone();
        search.fill_together();
        search
    }

    /// The cheapest combination.
    pub(super) fn run(mut self) -> Found {
        let mut chosen = Vec::with_capacity(self.features.len());
        if self.needed.is_finite() {
            self.visit(&mut chosen, 0.0, 0.0);
        }
        Found { person: self.best.person, exhaustive: self.steps < MOST_STEPS }
    }

    /// What single values gain. The cheapest single value that reaches the goal is the first best;
    /// values that cost more than it are not looked at again.
    fn fill_alone(&mut self) {
        for f in 0..self.features.len() {
            let gains: Vec<f64> =
                (0..self.features[f].options.len()).map(|i| self.gain(&[(f, i)])).collect();
            for (i, gain) in gains.iter().enumerate() {
                self.offer(&[(f, i)], self.features[f].options[i].cost, *gain);
            }
            self.alone.push(gains);
        }
        let highest = |gains: &Vec<f64>| gains.iter().copied().fold(0.0, f64::max);
        let mut order: Vec<usize> = (0..self.features.len()).collect();
        order.sort_by(|a, b| highest(&self.alone[*b]).total_cmp(&highest(&self.alone[*a])));
        self.features = order.iter().map(|f| self.features[*f].clone()).collect();
        self.alone = order.iter().map(|f| self.alone[*f].clone()).collect();
        for (options, gains) in self.features.iter_mut().zip(&mut self.alone) {
            options.options.retain(|option| option.cost < self.best.cost);
            gains.truncate(options.options.len());
        }
        self.most_alone = self.alone.iter().map(|gains| running_most(gains)).collect();
    }

    fn fill_together(&mut self) {
        let additive = self.pipeline.model.algorithm().is_additive();
        for later in 0..self.features.len() {
            let pairs = (0..later).map(|earlier| {
                let (rows, columns) = (self.alone[earlier].len(), self.alone[later].len());
                let beyond = |i: usize, k: usize| {
                    if additive || i == 0 || k == 0 {
                        return 0.0;
                    }
                    let both = self.gain(&[(earlier, i), (later, k)]);
                    both - self.alone[earlier][i] - self.alone[later][k]
                };
                Pair::new((0..rows).map(|i| (0..columns).map(|k| beyond(i, k)).collect()).collect())
            });
            let pairs = pairs.collect();
            self.together.push(pairs);
        }
    }

    /// Chooses a value of the next feature, the cheapest first.
    fn visit(&mut self, chosen: &mut Vec<usize>, cost: f64, gain: f64) {
        let f = chosen.len();
        if f == self.features.len()
            || gain + self.most_to_come(chosen, cost) < self.needed - ROUNDING
        {
            return;
        }
        for i in 0..self.features[f].options.len() {
            let cost = cost + self.features[f].options[i].cost;
            if cost >= self.best.cost || self.steps >= MOST_STEPS {
                return;
            }
            self.steps += 1;
            let beyond: f64 =
                chosen.iter().zip(&self.together[f]).map(|(c, pair)| pair.gains[*c][i]).sum();
            let gain = gain + self.alone[f][i] + beyond;
            chosen.push(i);
            let all: Vec<_> = chosen.iter().copied().enumerate().collect();
            if !self.offer(&all, cost, gain) {
                self.visit(chosen, cost, gain);
            }
            chosen.pop();
        }
    }

    /// The most that the features still to be chosen can gain for less than the best costs.
    fn most_to_come(&self, chosen: &[usize], cost: f64) -> f64 {
        let budget = self.best.cost - cost;
        let mut most = 0.0;
        for f in chosen.len()..self.features.len() {
            let affordable = self.features[f].options.partition_point(|o| o.cost < budget);
            most += affordable.checked_sub(1).map_or(0.0, |last| self.most_alone[f][last]);
            for (earlier, pair) in self.together[f].iter().enumerate() {
                most += chosen.get(earlier).map_or(pair.most, |i| pair.most_of_row[*i]);
            }
        }
        most
    }

    /// Takes a combination as the best when it reaches the goal for less. The tables decide what
    /// is asked, the model itself decides.
    fn offer(&mut self, chosen: &[(usize, usize)], cost: f64, gain: f64) -> bool {
        if gain < self.needed - ROUNDING || cost >= self.best.cost {
            return false;
        }
        let person = self.with(chosen);
        let reached = self.goal.reached(self.pipeline.log_odds(&person));
        if reached {
            self.best = Best { cost, person: Some(person) };
        }
        reached
    }

    /// Log-odds towards the goal.
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

impl Pair {
    fn new(gains: Vec<Vec<f64>>) -> Self {
        let most_of_row: Vec<f64> =
            gains.iter().map(|row| row.iter().copied().fold(0.0, f64::max)).collect();
        let most = most_of_row.iter().copied().fold(0.0, f64::max);
        Self { gains, most_of_row, most }
    }
}

fn running_most(gains: &[f64]) -> Vec<f64> {
    let mut most = 0.0f64;
    gains
        .iter()
        .map(|gain| {
            most = most.max(*gain);
            most
        })
        .collect()
}
