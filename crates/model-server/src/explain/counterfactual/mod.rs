//! Counterfactuals: the smallest change of a person's values with which the prediction crosses the
//! threshold.
//!
//! ```text
//! finder: goal, changeable features --> candidates (every value that may be best) --> search (cheapest combination)
//! ```

mod candidates;
mod finder;
mod goal;
mod interactions;
mod search;

pub use finder::{CHANGEABLE, Change, Counterfactual, MAX_CHANGES, counterfactual};
