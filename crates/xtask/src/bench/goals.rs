//! Goals for figures of a bench, printed next to the measured values.

use super::figures::Figures;
use super::table::{Table, number};
use crate::say;

/// A goal for one figure.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// Description of the figure, as printed.
    pub description: &'static str,
    /// Name of the figure.
    pub figure: &'static str,
    /// The bound that the figure must keep.
    pub bound: Bound,
    /// The figure's unit, as printed after a number; `x` for a ratio.
    pub unit: &'static str,
}

/// A bound, inclusive.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    /// A lower bound.
    AtLeast(f64),
    /// An upper bound.
    AtMost(f64),
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(limit) => value >= limit,
            Self::AtMost(limit) => value <= limit,
        }
    }

    fn text(self, unit: &str) -> String {
        match self {
            Self::AtLeast(limit) => format!(">= {}{unit}", number(limit)),
            Self::AtMost(limit) => format!("<= {}{unit}", number(limit)),
        }
    }
}

/// Prints a table of the goals whose figures were measured in this run. A missed goal doesn't fail
/// the bench, because figures depend on the machine.
pub fn print(goals: &[Goal], figures: &Figures) {
    say!();
    table(goals, figures).print();
}

fn table(goals: &[Goal], figures: &Figures) -> Table {
    let mut table = Table::new(&["goal", "measured", "bound", ""]);
    for goal in goals {
        if let Some(value) = figures.get(goal.figure) {
            let verdict = if goal.bound.holds(value) { "met" } else { "MISSED" };
            let measured = format!("{}{}", number(value), goal.unit);
            table.row([
                goal.description.to_owned(),
                measured,
                goal.bound.text(goal.unit),
                verdict.to_owned(),
            ]);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measured_figures_are_compared_with_their_bounds() {
        let goals = [
            Goal { description: "speed", figure: "a", bound: Bound::AtLeast(0.5), unit: "x" },
            Goal { description: "time", figure: "b", bound: Bound::AtMost(1.2), unit: " ms" },
            Goal { description: "other", figure: "c", bound: Bound::AtMost(1.0), unit: "x" },
        ];
        let mut figures = Figures::new("x");
        figures.set("a", 0.5);
        figures.set("b", 1.25);
        assert_eq!(
            table(&goals, &figures).lines(),
            [
                "goal   measured       bound",
                "speed     0.50x    >= 0.50x     met",
                "time    1.25 ms  <= 1.20 ms  MISSED",
            ]
        );
    }
}
