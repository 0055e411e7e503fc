//! Counterfactuals: the smallest change of a person's values with which the prediction crosses the
//! threshold.
//!
//! ```text
//! finder: goal, changeable features --> options (grid of values) --> search (cheapest combination)
//!                                                                 --> options::retract (to the crossing point)
//! ```

mod finder;
mod goal;
mod options;
mod search;

pub use finder::{CHANGEABLE, Change, Counterfactual, counterfactual};
