//! Explanations for people: a sentence, the smallest change that crosses the threshold, the distance to
//! the training rows, and an overview of a whole model.

mod sentence;
mod counterfactual;
mod overview;
mod similarity;

pub use counterfactual::{CHANGEABLE, Change, Counterfactual, MAX_CHANGES, counterfactual};
pub use overview::{Dependence, FeatureOverview, Overview, PartialDependence};
pub use sentence::sentence;
pub use similarity::{Distance, Similarity};
