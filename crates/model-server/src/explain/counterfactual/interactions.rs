//! The gain of two changes beyond the sum of their gains alone.
//!
//! No model here has interactions of more than two features: splines are additive, and a tree of
//! depth two splits on its root and one more feature on the way to a leaf. Between two thresholds of
//! the trees an interaction does not change, so one table of cells by cells has all of them.

use vitals_core::domain::features::FEATURE_COUNT;

use crate::pipeline::Pipeline;

use super::{candidates::Candidates, goal::Goal};

/// The tables of all pairs of features; empty for an additive model.
pub(super) struct Interactions {
    /// By the later and the earlier feature of a pair.
    tables: Vec<Vec<Table>>,
}

/// The interaction gains of a pair of features, by the earlier one's cell.
struct Table {
    rows: Vec<Vec<f64>>,
    max_of_row: Vec<f64>,
    max: f64,
}

impl Interactions {
    pub(super) fn of(
        pipeline: &Pipeline,
        goal: &Goal,
        person: &[f64; FEATURE_COUNT],
        features: &[Candidates],
    ) -> Self {
        if pipeline.model.algorithm().is_additive() {
            return Self { tables: Vec::new() };
        }
        let tables = features.iter().enumerate().map(|(index, later)| {
            let earlier = features[..index].iter();
            earlier.map(|earlier| Table::of_pair(pipeline, goal, person, earlier, later)).collect()
        });
        Self { tables: tables.collect() }
    }

    /// The gain of a change to a cell beside the changes already chosen, as pairs of feature and cell.
    pub(super) fn gain(&self, chosen: &[(usize, usize)], feature: usize, cell: usize) -> f64 {
        let Some(tables) = self.tables.get(feature) else { return 0.0 };
        chosen.iter().map(|(other, its_cell)| tables[*other].rows[*its_cell][cell]).sum()
    }

    /// An upper bound on the gain of a change of this feature beside those chosen and those of the
    /// features in between.
    pub(super) fn max_gain(&self, chosen: &[(usize, usize)], feature: usize) -> f64 {
        let Some(tables) = self.tables.get(feature) else { return 0.0 };
        let with_chosen =
            chosen.iter().map(|(other, cell)| tables[*other].max_of_row[*cell]).sum::<f64>();
        let next = chosen.last().map_or(0, |(other, _)| other + 1);
        with_chosen + tables[next..].iter().map(|table| table.max).sum::<f64>()
    }
}

impl Table {
    fn of_pair(
        pipeline: &Pipeline,
        goal: &Goal,
        person: &[f64; FEATURE_COUNT],
        earlier: &Candidates,
        later: &Candidates,
    ) -> Self {
        let needed = goal.gain_needed(pipeline.log_odds(person));
        let mut rows = Vec::with_capacity(earlier.cells.len());
        for a in &earlier.cells {
            let gains = later.cells.iter().map(|b| {
                // One value per cell stands for all of them.
                let (a, b) = (a.steps[0], b.steps[0]);
                let mut changed = *person;
                changed[earlier.feature] = a.value;
                changed[later.feature] = b.value;
                needed - goal.gain_needed(pipeline.log_odds(&changed)) - a.gain - b.gain
            });
            rows.push(gains.collect());
        }
        Self::new(rows)
    }

    fn new(rows: Vec<Vec<f64>>) -> Self {
        let max_of_row: Vec<f64> = rows.iter().map(|row| highest(row)).collect();
        let max = highest(&max_of_row);
        Self { rows, max_of_row, max }
    }
}

/// The highest gain, at least 0.
fn highest(gains: &[f64]) -> f64 {
    gains.iter().copied().fold(0.0, f64::max)
}
