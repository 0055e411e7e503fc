//! Attribution: the exact contribution of every feature to a score, and prediction sets.
//!
//! Base value plus contributions is the model's raw score in log-odds. That holds for every kind of
//! model, so an average of models is explained by averaging their contributions.

mod explainer;
mod linear;
mod conformal;

pub use conformal::{Confidence, Conformal, NotAConfidence, ObservedOutcomes, PredictionSet};
pub use explainer::{Base, Explainer};
pub use linear::LinearExplainer;
