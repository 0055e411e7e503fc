//! Attribution: the contribution of every feature to a score, and prediction sets.

mod explainer;
mod linear;
mod conformal;

pub use conformal::{Confidence, Conformal, NotAConfidence, PredictionSet};
pub use explainer::{Base, Explainer};
pub use linear::LinearExplainer;
