//! The smallest change of a person's values that turns the prediction.

mod finder;
mod options;
mod search;

pub use finder::{CHANGEABLE, Change, Counterfactual, counterfactual};
