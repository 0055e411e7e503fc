//! Explanations for people: a sentence, the smallest change that crosses the threshold, and an
//! overview of a whole model.

mod sentence;
mod counterfactual;
mod overview;

pub use counterfactual::{CHANGEABLE, Change, Counterfactual, counterfactual};
pub use overview::{Dependence, FeatureOverview, Overview, PartialDependence};
pub use sentence::sentence;
